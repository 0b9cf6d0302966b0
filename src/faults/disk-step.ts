/** A change to the disk. Reads are not steps. */
export type DiskStep =
  | "makeDirectory"
  | "create"
  | "write"
  | "truncate"
  | "sync"
  | "rename"
  | "remove"
  | "syncDirectory"
  | "batch";
