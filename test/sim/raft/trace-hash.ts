/** A running FNV-1a hash of everything that happened: equal for equal histories. */
export class TraceHash {
  #hash = 0x811c9dc5;

  add(text: string): void {
    let hash = this.#hash;
    for (let index = 0; index < text.length; index += 1) {
      hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
    }
    this.#hash = hash >>> 0;
  }

  digest(): string {
    return this.#hash.toString(16).padStart(8, "0");
  }
}
