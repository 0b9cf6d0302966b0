import { describe, expect, test } from "vitest";
import { BlockIntake } from "../../../src/committer/index.ts";
import { BLOCKS_IN_COMMIT_BYTES_MAX, BLOCKS_IN_COMMIT_MAX } from "../../../src/committer/limits.ts";
import { Block, blockHeaderHash, create } from "../../../src/wire/index.ts";

function block(number: number): Block {
  return create(Block, { header: { number, dataHash: new Uint8Array([number]) } });
}

/** A committer whose commits end when the test says so. */
class ManualCommitter {
  height: number;
  readonly stored: number[] = [];
  readonly #ends: { resolve: () => void; reject: (error: Error) => void }[] = [];

  constructor(height: number) {
    this.height = height;
  }

  store(next: Block): Promise<void> {
    this.stored.push(next.header!.number);
    return new Promise((resolve, reject) => {
      this.#ends.push({ resolve, reject });
    });
  }

  finish(): void {
    this.height += 1;
    this.#ends.shift()!.resolve();
  }

  fail(): void {
    this.#ends.shift()!.reject(new Error("the disk is full"));
  }
}

function intakeAt(height: number): { intake: BlockIntake; committer: ManualCommitter } {
  const committer = new ManualCommitter(height);
  return { intake: new BlockIntake(committer, { height, lastBlockHash: undefined }), committer };
}

async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  const settle = (): void => {
    settled = true;
  };
  promise.then(settle, settle);
  for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
  return settled;
}

describe("blocks on their way into the ledger", () => {
  test("are stored in order, and the next one wanted follows what was brought, not what is committed", async () => {
    const { intake, committer } = intakeAt(1);
    await intake.offer(block(1));
    await intake.offer(block(2));
    expect(committer.stored).toEqual([1, 2]);
    expect([intake.height, committer.height]).toEqual([3, 1]);
    expect(intake.lastHash).toEqual(blockHeaderHash(block(2).header!));
  });

  test("are stored once, whoever brings them again", async () => {
    const { intake, committer } = intakeAt(1);
    await intake.offer(block(1));
    await intake.offer(block(1));
    await intake.offer(block(0));
    const again = intake.commit(block(1));
    expect(committer.stored).toEqual([1]);
    expect(await isSettled(again)).toBe(false);
    committer.finish();
    await again;
  });

  test("that would leave a gap are refused, and nothing is stored", async () => {
    const { intake, committer } = intakeAt(1);
    await expect(intake.offer(block(3))).rejects.toMatchObject({
      code: "out-of-order",
      data: { number: 3, expected: 1 },
    });
    expect([committer.stored, intake.height]).toEqual([[], 1]);
  });

  test("hold back whoever offers more than can be under way", async () => {
    const { intake, committer } = intakeAt(0);
    for (let number = 0; number < BLOCKS_IN_COMMIT_MAX - 1; number += 1) {
      await intake.offer(block(number));
    }
    const waiting = intake.offer(block(BLOCKS_IN_COMMIT_MAX - 1));
    expect(await isSettled(waiting)).toBe(false);
    committer.finish();
    await waiting;
    expect(committer.stored).toHaveLength(BLOCKS_IN_COMMIT_MAX);
  });

  test("hold back whoever offers more bytes than can be under way", async () => {
    const { intake, committer } = intakeAt(0);
    const data = { data: [new Uint8Array(BLOCKS_IN_COMMIT_BYTES_MAX / 2)] };
    await intake.offer({ ...block(0), data });
    const waiting = intake.offer({ ...block(1), data });
    expect(await isSettled(waiting)).toBe(false);
    committer.finish();
    await waiting;
  });

  test("are committed when commit resolves; one that the ledger has is so at once", async () => {
    const { intake, committer } = intakeAt(5);
    await intake.commit(block(4));
    const commit = intake.commit(block(5));
    expect(await isSettled(commit)).toBe(false);
    committer.finish();
    await commit;
    expect(committer.height).toBe(6);
  });

  test("that cannot be committed reject whoever waits for them", async () => {
    const { intake, committer } = intakeAt(1);
    const commit = intake.commit(block(1));
    committer.fail();
    await expect(commit).rejects.toThrow("the disk is full");
  });
});
