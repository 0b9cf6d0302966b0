/** B35 of docs/TESTING.md: what was written before a flush that failed may be on disk or not, and nobody can tell. */
import { expect, test } from "vitest";
import { CalmGroup } from "./calm-group.ts";

test.each([1, 2, 3, 4, 5, 6, 7, 8])(
  "an orderer whose flush %i fails acknowledges nothing any more, is replaced, and begins again from what is durable",
  async (nth) => {
    const group = await CalmGroup.start(nth);
    const failing = group.leader;
    const [other] = group.orderers.filter((each) => each !== failing);
    await group.acknowledged(failing);
    failing.files.faults.fail("sync", nth, "EIO");
    // Until the flush comes that fails, its clients are answered; that one, and all after it, are not.
    const kinds: string[] = [];
    for (let count = 0; count < 8; count += 1) kinds.push((await group.order(failing)).kind);
    const failedAt = kinds.indexOf("unavailable");
    expect(failedAt).toBeGreaterThanOrEqual(0);
    expect(kinds.slice(failedAt).every((kind) => kind === "unavailable")).toBe(true);
    expect(failing.isLeader).toBe(false);
    await group.time.advance(1_000);
    expect(group.leader).not.toBe(failing);
    const { height } = failing;
    for (let count = 0; count < 5; count += 1) await group.acknowledged(other!);
    expect(failing.height).toBe(height);
    failing.crash();
    await group.meanwhile(failing.restart());
    await group.time.advance(3_000);
    await group.acknowledged(failing);
    await group.time.advance(2_000);
    await group.check();
  },
);
