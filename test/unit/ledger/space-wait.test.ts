import { describe, expect, test } from "vitest";
import { silentLogger } from "../../../src/kernel/ports/logger.ts";
import { isNoSpace } from "../../../src/kernel/no-space.ts";
import { SpaceWait } from "../../../src/ledger/space-wait.ts";
import { SimulatedDiskError } from "../../../src/sim/ports/fault-plan.ts";
import { SimulatedTime } from "../../../src/sim/ports/simulated-time.ts";

class Rig {
  readonly time = new SimulatedTime();
  readonly log: string[] = [];
  readonly changes: boolean[] = [];
  readonly space = new SpaceWait(
    {
      timers: this.time,
      logger: {
        ...silentLogger,
        error: (text) => this.log.push(text),
        info: (text) => this.log.push(text),
      },
      onFull: (isFull) => this.changes.push(isFull),
    },
    "/d",
  );
  attempts = 0;
  code: string | undefined;

  step = (): Promise<number> => {
    this.attempts += 1;
    return this.code === undefined
      ? Promise.resolve(this.attempts)
      : Promise.reject(new SimulatedDiskError(this.code, "refused"));
  };
}

describe("waiting for space", () => {
  test.each(["ENOSPC", "EDQUOT"])(
    "repeats a step while it fails with %s, once a second",
    async (code) => {
      const rig = new Rig();
      rig.code = code;
      const done = rig.space.run(rig.step);
      await rig.time.advance(2_500);
      expect([rig.attempts, rig.space.isWaiting]).toEqual([3, true]);
      rig.code = undefined;
      await rig.time.advance(1_000);
      expect([await done, rig.space.isWaiting]).toEqual([4, false]);
      expect(rig.changes).toEqual([true, false]);
      expect(rig.log).toEqual([
        expect.stringMatching(/disk is full/),
        expect.stringMatching(/space again/),
      ]);
    },
  );

  test("repeats nothing that failed for another reason", async () => {
    const rig = new Rig();
    rig.code = "EIO";
    await expect(rig.space.run(rig.step)).rejects.toMatchObject({ code: "EIO" });
    expect([rig.attempts, rig.changes]).toEqual([1, []]);
  });

  test("ends with another failure that comes while it waits", async () => {
    const rig = new Rig();
    rig.code = "ENOSPC";
    const done = rig.space.run(rig.step);
    await rig.time.advance(500);
    rig.code = "EIO";
    const failed = expect(done).rejects.toMatchObject({ code: "EIO" });
    await rig.time.advance(1_000);
    await failed;
    expect([rig.space.isWaiting, rig.changes]).toEqual([false, [true, false]]);
  });

  test("that is stopped rejects at once, and so does what comes later", async () => {
    const rig = new Rig();
    rig.code = "ENOSPC";
    const waiting = expect(rig.space.run(rig.step)).rejects.toMatchObject({ code: "ENOSPC" });
    await rig.time.advance(10);
    rig.space.stop();
    await waiting;
    await expect(rig.space.run(rig.step)).rejects.toMatchObject({ code: "ENOSPC" });
    rig.code = undefined;
    expect(await rig.space.run(rig.step)).toBeGreaterThan(1);
  });

  test("is not for what is no error of a disk", () => {
    expect([undefined, "ENOSPC", new Error("ENOSPC"), { code: "ENOSPC" }].map(isNoSpace)).toEqual([
      false,
      false,
      false,
      false,
    ]);
  });
});
