/**
 * Whether this orderer can vouch that more blocks will come, as a signal for those who wait for blocks here: aborted
 * while it cannot. Fabric: a group of one or two is never in trouble for want of a leader.
 */
export class Trouble {
  readonly #isCounted: boolean;
  #controller = new AbortController();
  #stays = false;

  constructor(memberCount: number) {
    this.#isCounted = memberCount > 2;
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  begin(): void {
    if (this.#isCounted) this.#controller.abort();
  }

  end(): void {
    if (this.#controller.signal.aborted && !this.#stays) this.#controller = new AbortController();
  }

  /** In trouble for good. */
  stay(): void {
    this.#stays = true;
    this.#controller.abort();
  }
}
