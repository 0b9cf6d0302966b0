/** Answers a GET of a host's own endpoint. */
export type Inquiry = (query: URLSearchParams) => {
  readonly status: number;
  /** Written as JSON. */
  readonly body: unknown;
};

/** Answers a POST to a host's own endpoint. */
export type Order = (body: string) => ReturnType<Inquiry>;
