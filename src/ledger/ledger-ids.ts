import type { KvReader } from "../kernel/ports/kv-store.ts";
import { CHANNEL_IDS_START, channelIdOf, keyAfterChannel } from "./core/keys.ts";

/**
 * The channels of which the store holds something, in the order of their keys. One look for each channel, however
 * much it holds.
 */
export function ledgerIds(state: KvReader): readonly string[] {
  const ids: string[] = [];
  let start: Uint8Array | undefined = CHANNEL_IDS_START;
  while (start !== undefined) {
    const id = firstIdFrom(state, start);
    if (id !== undefined) ids.push(id);
    start = id === undefined ? undefined : keyAfterChannel(id);
  }
  return ids;
}

function firstIdFrom(state: KvReader, start: Uint8Array): string | undefined {
  for (const { key } of state.range({ start })) return channelIdOf(key);
  return undefined;
}
