import type { Files } from "../../src/kernel/ports/files.ts";
import { RecordFolder } from "./record-folder.ts";

/** What an orderer must not forget about joining and leaving channels, by channel id. */
export interface ChannelRecords {
  /** Marshalled config blocks of channels that are being joined, until they have the block. */
  readonly join: RecordFolder;
  /** Channels whose removal has begun: it is completed at the next start. Without content. */
  readonly remove: RecordFolder;
  /** Channels that the node's configuration lists and an administrator has removed: not joined again. Without content. */
  readonly left: RecordFolder;
  /** Of channels that were removed here: who this node was in the Raft group, as the replica puts it on record. */
  readonly member: RecordFolder;
}

/** Opens the records below `directory`. */
export async function openChannelRecords(files: Files, directory: string): Promise<ChannelRecords> {
  return {
    join: await RecordFolder.open(files, directory, "join"),
    remove: await RecordFolder.open(files, directory, "remove"),
    left: await RecordFolder.open(files, directory, "left"),
    member: await RecordFolder.open(files, directory, "member"),
  };
}
