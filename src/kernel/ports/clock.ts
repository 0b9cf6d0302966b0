/** Reads time. Nothing below a host may ask the machine itself. */
export interface Clock {
  /** Milliseconds since an arbitrary origin; never runs backwards. For timeouts and durations. */
  monotonicMs(): number;
  /** Milliseconds since the Unix epoch, as an operator's clock says it. For timestamps and expiry. */
  wallMs(): number;
}
