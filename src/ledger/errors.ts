import { HeddleError } from "../kernel/error.ts";

/**
 * `corrupt`: bytes on disk are not what was written; `data` has file, offset and block.
 * `unsupported-format`: written by another version of the program.
 * `wrong-number`, `wrong-previous-hash`: a block that does not continue the chain.
 * `store-failed`: the disk refused a write, and not for want of space; nothing more is stored until the process restarts.
 * `overloaded`: more blocks wait to be stored than the queue holds.
 * `diverged`: block files and state do not belong together.
 * `private-data-mismatch`: the private value at hand is not the one whose hash is public.
 * `unsupported-transaction`: a simulation mixes operations that Fabric forbids to mix.
 */
export type LedgerErrorCode =
  | "corrupt"
  | "unsupported-format"
  | "wrong-number"
  | "wrong-previous-hash"
  | "store-failed"
  | "overloaded"
  | "diverged"
  | "private-data-mismatch"
  | "unsupported-transaction";

/** What goes wrong with stored blocks and state, and with what a chaincode asks of them. */
export class LedgerError extends HeddleError<LedgerErrorCode> {
  override readonly name = "LedgerError";
}

/** "corrupt": `block` is undefined where the file's header is damaged. */
export function corruptBlockFile(
  path: string,
  offset: number,
  block: number | undefined,
): LedgerError {
  const what = block === undefined ? "header" : `block ${block}`;
  return new LedgerError(
    "corrupt",
    `block file ${path} is damaged at offset ${offset} (${what}): restore the file from a backup, or delete the channel's ledger to fetch the blocks again`,
    { data: { file: path, offset, block } },
  );
}
