/** A request as it came, read no further than it must be. */
export interface ApiRequest {
  readonly method: string;
  /** Decoded, without the query. */
  readonly path: string;
  /** The first `Accept` header; undefined without one. */
  readonly accept: string | undefined;
  /** All `Content-Type` headers, in order. */
  readonly contentTypes: readonly string[];
  /** The body; undefined when it is larger than is allowed. At most once. */
  readonly body: () => Promise<Uint8Array | undefined>;
}
