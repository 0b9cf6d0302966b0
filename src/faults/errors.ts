import { HeddleError } from "../kernel/error.ts";

/** What a disk with an injected fault answers, with the code that the system gives. */
export class DiskFault extends HeddleError<"ENOSPC" | "EIO"> {
  override readonly name = "DiskFault";
}
