export interface AnsweredStreamOptions<Request, Response> {
  /** Must not reject. */
  readonly answer: (request: Request) => Promise<Response>;
  /** Rejects once the call is over. */
  readonly send: (response: Response) => Promise<void>;
  /** True for a response after which the stream ends. */
  readonly isLast: (response: Response) => boolean;
  /** Requests being answered at once; at the bound reading pauses. */
  readonly windowMax: number;
}

/** Answers a stream of requests: side by side, in order, until one answer is the last. */
export class AnsweredStream<Request, Response> {
  readonly #options: AnsweredStreamOptions<Request, Response>;
  #openCount = 0;
  #onRoom: (() => void) | undefined;
  // Resolves when every answer so far is sent; rejects when one could not be.
  #sent: Promise<void> = Promise.resolve();
  #isOver = false;

  constructor(options: AnsweredStreamOptions<Request, Response>) {
    this.#options = options;
  }

  /** Resolves after the last answer: the requests ended, or an answer was the last. Rejects when the call is over. */
  serve(requests: AsyncIterable<Request>): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#readAll(requests, resolve, reject).then(resolve, reject);
    });
  }

  async #readAll(
    requests: AsyncIterable<Request>,
    onLast: () => void,
    onFailure: (error: unknown) => void,
  ): Promise<void> {
    for await (const request of requests) {
      if (this.#isOver) return;
      this.#openCount += 1;
      const answer = this.#options.answer(request);
      this.#sent = this.#sent.then(() => this.#sendInTurn(answer, onLast));
      // The reader may be waiting for a request that never comes.
      this.#sent.catch(onFailure);
      if (this.#openCount >= this.#options.windowMax) await this.#room();
    }
    await this.#sent;
  }

  async #sendInTurn(answer: Promise<Response>, onLast: () => void): Promise<void> {
    const response = await answer;
    if (this.#isOver) return;
    this.#isOver = this.#options.isLast(response);
    await this.#options.send(response);
    this.#openCount -= 1;
    this.#onRoom?.();
    if (this.#isOver) onLast();
  }

  #room(): Promise<void> {
    return new Promise((resolve) => {
      this.#onRoom = (): void => {
        this.#onRoom = undefined;
        resolve();
      };
    });
  }
}
