import type { Files } from "../../src/kernel/ports/files.ts";
import { isReleased, memberOnRecord } from "../replica/index.ts";
import type { Membership } from "./core/membership.ts";

/** Of a channel's directory. */
export function raftDirectory(directory: string): string {
  return `${directory}/raft`;
}

/** As the replica puts a member on record. */
export function ownerOf(channelId: string, raftId: number): string {
  return `${channelId}/${raftId}`;
}

/**
 * The raft id under which a node goes on that the channel's configuration does not name: that of its log in `directory`, the
 * channel's at this node, unless its group has let it go. Its vote may be needed until then, and under another certificate
 * it may be wanted again. `undefined`: there is nothing to go on with.
 */
export async function lingeringId(
  files: Files,
  directory: string,
  channelId: string,
  { consenterIds }: Membership,
): Promise<number | undefined> {
  const folder = raftDirectory(directory);
  const owner = await memberOnRecord(files, folder);
  const raftId = Number(owner?.slice(channelId.length + 1));
  if (owner === undefined || owner !== ownerOf(channelId, raftId)) return undefined;
  // Another node is the whole group under this id.
  if (consenterIds.length === 1 && consenterIds[0] === raftId) return undefined;
  return (await isReleased(files, folder, owner)) ? undefined : raftId;
}
