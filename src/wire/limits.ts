/** Bounds of decoding. */

/**
 * Fields and packed numbers of one request, those of messages within it included. A small field costs a hundred times
 * the time of its bytes: without a bound, megabytes of empty ones hold the event loop for seconds. A request with more is
 * malformed. What has been ordered has no such bound: every node must read it alike, and its size was bounded before.
 */
export const REQUEST_FIELDS_MAX = 50_000;
