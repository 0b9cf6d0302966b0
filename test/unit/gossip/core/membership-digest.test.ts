import { fc, test } from "@fast-check/vitest";
import { describe, expect } from "vitest";
import { bucketSums, MembershipDigest } from "../../../../gossip/core/membership-digest.ts";
import { peerName } from "../../../sim/gossip/scale/peer-name.ts";
import { aliveClaim } from "./claims.ts";

const claims = fc
  .uniqueArray(fc.nat(5_000), { maxLength: 60 })
  .map((indexes) => indexes.map((index) => aliveClaim(peerName(index), 1)));

describe("the digest of a membership", () => {
  test.prop([claims, fc.integer({ min: 0, max: 10 }), fc.nat(60)])(
    "kept change by change is that of the members there are",
    (members, power, goneCount) => {
      const digest = new MembershipDigest();
      for (const claim of members) {
        digest.toggleAlive(claim);
        digest.toggleKnown(claim);
      }
      const gone = members.slice(0, goneCount);
      const left = members.slice(goneCount);
      for (const claim of gone) {
        digest.toggleAlive(claim);
        digest.toggleKnown(claim);
      }
      const [extra, ...others] = left;
      const other = new MembershipDigest();
      for (const claim of others) other.toggleAlive(claim);
      expect(digest.bucketSumsWith(undefined, 2 ** power)).toEqual(bucketSums(left, 2 ** power));
      expect(other.sumWith(extra)).toBe(digest.sumWith(undefined));
    },
  );
});
