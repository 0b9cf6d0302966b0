import { describe, expect, test } from "vitest";
import { numberOfDigest } from "../../../../gossip/service/channel-wire.ts";
import {
  channelMac,
  peerIdOf,
  pkiIdOf,
  pkiIdOfPeer,
} from "../../../../gossip/service/peer-identity.ts";
import { sha256 } from "../../../../src/crypto/index.ts";
import { utf8 } from "../../../../src/kernel/bytes.ts";
import { SerializedIdentity, encode } from "../../../../src/wire/index.ts";

describe("names", () => {
  test("a peer is named by the hash of its MSP id and its certificate", () => {
    const identity = encode(SerializedIdentity, { mspid: "Org1MSP", idBytes: utf8("certificate") });
    const pkiId = pkiIdOf(identity)!;
    expect(pkiId).toEqual(sha256(utf8("Org1MSPcertificate")));
    expect(pkiIdOfPeer(peerIdOf(pkiId))).toEqual(pkiId);
  });

  test("what is no identity has no name", () => {
    expect(pkiIdOf(utf8("not protobuf"))).toBeUndefined();
    expect(pkiIdOf(new Uint8Array())).toBeUndefined();
  });

  test("a channel is named by the hash of its owner and its id", () => {
    expect(channelMac(utf8("owner"), "orders")).toEqual(sha256(utf8("ownerorders")));
  });

  test.each([
    ["0", 0],
    ["42", 42],
    ["9007199254740991", Number.MAX_SAFE_INTEGER],
    ["9007199254740993", undefined],
    ["", undefined],
    ["-1", undefined],
    ["1e3", undefined],
    ["99999999999999999", undefined],
  ])("the digest %j is block %s", (digest, number) => {
    expect(numberOfDigest(utf8(digest))).toBe(number);
  });
});
