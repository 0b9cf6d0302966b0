/**
 * The disk, as far as logs and block files need it. Paths are absolute.
 *
 * What survives a crash: the bytes of a file up to its last resolved `sync`, and a directory's entries
 * (created, renamed, removed) up to its last resolved `syncDirectory`. Everything later may be there, be there in part, or not.
 * A rejected `sync` leaves the file in an unknown state: the caller must not retry and hope.
 */
export interface Files {
  /** Creates the directory and its parents, durably. Nothing happens if it exists. */
  makeDirectory(path: string): Promise<void>;
  /** Names of the entries, sorted; empty when the directory does not exist. */
  list(path: string): Promise<readonly string[]>;
  exists(path: string): Promise<boolean>;
  /** Opens for reading and writing. `create` makes the file if it is absent; otherwise absence rejects. */
  open(path: string, options: { readonly create: boolean }): Promise<OpenFile>;
  rename(from: string, to: string): Promise<void>;
  /** Removes a file. Nothing happens if it is absent. */
  remove(path: string): Promise<void>;
  /**
   * Removes a directory with everything in it, durably. Nothing happens if it is absent. When it is cut short, any part
   * may be left: call it again.
   */
  removeDirectory(path: string): Promise<void>;
  syncDirectory(path: string): Promise<void>;
  /** Bytes that may still be written to the disk of this directory, which exists. */
  freeBytes(path: string): Promise<number>;
}

export interface OpenFile {
  size(): Promise<number>;
  /** Up to `length` bytes from `offset`; fewer at the end of the file. A fresh array. */
  readAt(offset: number, length: number): Promise<Uint8Array>;
  /** Writes all of `bytes` at `offset`, extending the file if needed. Not durable before `sync`. */
  writeAt(offset: number, bytes: Uint8Array): Promise<void>;
  truncate(size: number): Promise<void>;
  /** Content and size are durable when it resolves. */
  sync(): Promise<void>;
  /** Idempotent. Does not sync. */
  close(): Promise<void>;
}
