import { expect, test } from "vitest";
import type { Injected } from "../../../../src/network/chaos/injected.ts";
import { injectChange } from "../../../../src/network/chaos/inject-change.ts";
import type { AddedNode, ChaosSite, OnStep } from "../../../../src/network/chaos/site.ts";
import { LEADER, type MemberChange } from "../../../../src/network/chaos/steps.ts";

const meanwhile = { kind: "kill", target: LEADER } as const;

/** A change that says what it does when the test tells it to. */
class Change {
  readonly seen: string[] = [];
  readonly site: ChaosSite;
  step: OnStep = () => undefined;
  finish: () => void = () => undefined;
  fail: (error: Error) => void = () => undefined;

  constructor(added: readonly AddedNode[]) {
    const begin = (onStep: OnStep): Promise<void> => {
      this.step = (text) => {
        this.seen.push(text);
        onStep(text);
      };
      return new Promise((resolve, reject) => {
        this.finish = resolve;
        this.fail = reject;
      });
    };
    const site: Partial<ChaosSite> = {
      added,
      addNode: (_, onStep) => begin(onStep),
      removeNode: (_, onStep) => begin(onStep),
    };
    this.site = site as ChaosSite;
  }

  begin(change: MemberChange): Promise<Injected> {
    return injectChange(this.site, change, (fault, exceptName) => {
      this.seen.push(`${fault.kind} but not ${exceptName ?? "anybody"}`);
      return Promise.resolve({
        text: "kill o1",
        undo: () => {
          this.seen.push("taken back");
          return Promise.resolve();
        },
      });
    });
  }
}

test("a fault comes in the middle of an addition, which ends after it", async () => {
  const change = new Change([]);
  const injecting = change.begin({ kind: "add", role: "orderer", meanwhile });
  change.step("certificates");
  change.step("starting");
  await Promise.resolve();
  expect(change.seen).toEqual(["certificates", "starting"]);
  change.step("joining");
  const { text, undo } = await injecting;
  expect(text).toBe("add orderer, meanwhile kill o1");
  const undone = undo().then(() => change.seen.push("done"));
  await new Promise(setImmediate);
  expect(change.seen.slice(3)).toEqual(["kill but not anybody", "taken back"]);
  change.finish();
  await undone;
  expect(change.seen.at(-1)).toBe("done");
});

test("a removal takes one that was added, and the fault hits another", async () => {
  const change = new Change([
    { name: "o4", role: "orderer" },
    { name: "p3", role: "peer" },
  ]);
  const { text, undo } = await change.begin({ kind: "remove", role: "peer", meanwhile });
  expect(text).toBe("remove p3, meanwhile kill o1");
  expect(change.seen).toEqual(["kill but not p3"]);
  change.finish();
  await undo();
});

test("a change that fails is told when its fault is taken back, or at once when it never got so far", async () => {
  const change = new Change([{ name: "p3", role: "peer" }]);
  const { undo } = await change.begin({ kind: "remove", role: "peer", meanwhile });
  change.fail(new Error("no room"));
  await expect(undo()).rejects.toThrow("no room");
  expect(change.seen).toContain("taken back");
  const early = new Change([]);
  const begun = early.begin({ kind: "add", role: "peer", meanwhile });
  early.fail(new Error("no ports"));
  await expect(begun).rejects.toThrow("no ports");
});
