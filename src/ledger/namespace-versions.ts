/** Stands for the public state of one namespace: as long as the same one is answered, that state is the same. */
export interface NamespaceVersion {
  readonly namespace: string;
}

/**
 * Which namespaces have changed since somebody asked: what was read of one, and what was made of it, holds until then.
 *
 * Invariant: `#versions` has an entry for each namespace that was asked for and has not been written since. Those that ask
 * name namespaces of their own choice, so that there are few.
 */
export class NamespaceVersions {
  readonly #versions = new Map<string, NamespaceVersion>();

  of(namespace: string): NamespaceVersion {
    const known = this.#versions.get(namespace);
    if (known !== undefined) return known;
    // An object, which is equal to none before it: no version can come back.
    const version = { namespace };
    this.#versions.set(namespace, version);
    return version;
  }

  /** These may have changed. */
  written(namespaces: readonly string[]): void {
    for (const namespace of namespaces) this.#versions.delete(namespace);
  }

  /** Any may have changed. */
  forget(): void {
    this.#versions.clear();
  }
}
