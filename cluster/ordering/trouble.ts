/**
 * Whether this orderer can vouch that more blocks will come, as a signal for those who wait for blocks here: aborted
 * while it cannot. Fabric: a group of one or two is never in trouble for want of a leader.
 */
export class Trouble {
  #isCounted: boolean;
  #isLeaderless = false;
  #controller = new AbortController();
  #stays = false;

  constructor(memberCount: number) {
    this.#isCounted = memberCount > 2;
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** The group has another number of members. */
  resize(memberCount: number): void {
    this.#isCounted = memberCount > 2;
    this.#update();
  }

  begin(): void {
    this.#isLeaderless = true;
    this.#update();
  }

  end(): void {
    this.#isLeaderless = false;
    this.#update();
  }

  /** In trouble for good. */
  stay(): void {
    this.#stays = true;
    this.#update();
  }

  #update(): void {
    const isInTrouble = this.#stays || (this.#isCounted && this.#isLeaderless);
    if (isInTrouble) this.#controller.abort();
    else if (this.#controller.signal.aborted) this.#controller = new AbortController();
  }
}
