import { sha256 } from "../../src/crypto/index.ts";
import { fromHex, toHex, utf8 } from "../../src/kernel/bytes.ts";
import { assert } from "../../src/kernel/assert.ts";
import { SerializedIdentity, tryDecodeRequest } from "../../src/wire/index.ts";
import type { PeerId } from "../core/index.ts";

/** Fabric: a peer is named by SHA-256 of its MSP id and its certificate's bytes. Undefined for what is no serialized identity. */
export function pkiIdOf(serialized: Uint8Array): Uint8Array | undefined {
  const identity = tryDecodeRequest(SerializedIdentity, serialized);
  if (identity === undefined || identity.mspid === "") return undefined;
  return sha256(utf8(identity.mspid), identity.idBytes);
}

/** The core's name for a PKI-ID. */
export function peerIdOf(pkiId: Uint8Array): PeerId {
  return toHex(pkiId);
}

/** The PKI-ID of a core's name. */
export function pkiIdOfPeer(peer: PeerId): Uint8Array {
  const pkiId = fromHex(peer);
  assert(pkiId !== undefined, "a peer id is made from a PKI-ID");
  return pkiId;
}

/** Fabric: names a channel to those who know it already: SHA-256 of the owner's PKI-ID and the channel's id. */
export function channelMac(pkiId: Uint8Array, channelId: string): Uint8Array {
  return sha256(pkiId, utf8(channelId));
}
