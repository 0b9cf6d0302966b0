import { expect, test } from "vitest";
import { draftAlive } from "../../../../gossip/service/claim-reader.ts";
import { messageBytes } from "../../../../gossip/service/gossip-message.ts";
import { ALIVE_CLAIM_BYTES_MAX } from "../../../../gossip/service/limits.ts";
import { EMPTY_BYTES } from "../../../../src/kernel/bytes.ts";
import { GossipMessage_Tag as Tag, type GossipEnvelope } from "../../../../src/wire/index.ts";

/** A claim about membership of so many bytes, give or take its frames. */
function claim(metadataBytes: number, secretBytes: number): GossipEnvelope {
  const membership = {
    endpoint: "peer.example:7051",
    metadata: new Uint8Array(metadataBytes),
    pkiId: new Uint8Array(32),
  };
  const value = {
    membership,
    timestamp: { incNum: "7", seqNum: "1" },
    identity: EMPTY_BYTES,
  };
  return {
    payload: messageBytes({ content: { $case: "aliveMsg", value }, tag: Tag.EMPTY }),
    signature: new Uint8Array(72),
    secretEnvelope: { payload: new Uint8Array(secretBytes), signature: EMPTY_BYTES },
  };
}

test("a claim about membership is read up to a size, whatever its bytes are for", () => {
  const half = ALIVE_CLAIM_BYTES_MAX / 2;
  expect(draftAlive(claim(half, 20))?.time).toEqual({ incarnation: 7n, sequence: 1n });
  expect(draftAlive(claim(half, half))).toBeUndefined();
  expect(draftAlive(claim(ALIVE_CLAIM_BYTES_MAX, 0))).toBeUndefined();
});
