/** Who holds what in which state: the newest claim on a thing counts, and without any the thing is let go. */
export class Claims<State> {
  readonly #set: (thing: string, state: State | undefined) => void;
  readonly #claims = new Map<string, { readonly state: State }[]>();

  /** `set` brings a thing into the state that counts; `undefined`: nobody holds it any more. */
  constructor(set: (thing: string, state: State | undefined) => void) {
    this.#set = set;
  }

  has(thing: string): boolean {
    return this.#claims.has(thing);
  }

  /** Claims a thing until what is returned is called; calling that again does nothing. */
  hold(thing: string, state: State): () => void {
    const claim = { state };
    this.#claims.set(thing, [...(this.#claims.get(thing) ?? []), claim]);
    this.#set(thing, state);
    return () => {
      this.#release(thing, claim);
    };
  }

  #release(thing: string, claim: { readonly state: State }): void {
    const before = this.#claims.get(thing) ?? [];
    const rest = before.filter((each) => each !== claim);
    if (rest.length === before.length) return;
    if (rest.length === 0) this.#claims.delete(thing);
    else this.#claims.set(thing, rest);
    // An older claim that goes changes nothing.
    if (before.at(-1) === claim) this.#set(thing, rest.at(-1)?.state);
  }
}
