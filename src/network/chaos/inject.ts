/** Brings a fault about at a site. */
import { setTimeout as delay } from "node:timers/promises";
import { between } from "../../faults/index.ts";
import { assert } from "../../kernel/assert.ts";
import type { Undo } from "./chaos-control.ts";
import { injectChange } from "./inject-change.ts";
import type { Injected } from "./injected.ts";
import { cutsOf, SHAPE_TEXTS } from "./shapes.ts";
import type { ChaosSite } from "./site.ts";
import type { Fault, NodeFault, Target } from "./steps.ts";

/** Until the others have committed what the one left behind lacks. */
const LEFT_BEHIND_MS = 2_000;

export async function inject(site: ChaosSite, fault: Fault): Promise<Injected> {
  if ("target" in fault) return injectNodeFault(site, fault);
  const { orderers, peers } = site.names;
  const half = peers.slice(0, Math.ceil(peers.length / 2));
  switch (fault.kind) {
    case "add":
    case "remove":
      return injectChange(site, fault, (meanwhile, exceptName) =>
        injectNodeFault(site, meanwhile, exceptName),
      );
    case "shape": {
      const cuts = cutsOf(fault.shape, await leaderFirst(site));
      return { text: SHAPE_TEXTS[fault.shape], undo: await site.cut(cuts) };
    }
    case "outage":
      return {
        text: `all ${fault.role} killed`,
        undo: await killAll(site, site.names[fault.role]),
      };
    case "blackout":
      return {
        text: `the power of all ${fault.role} goes`,
        undo: await darken(site, site.names[fault.role], fault.seed),
      };
    case "constrained":
      return injectConstrained(site);
    case "peers-split": {
      // Every other one: with a peer of each organisation on either side, both can endorse and commit.
      const [side, rest] = [0, 1].map((parity) => peers.filter((_, at) => at % 2 === parity));
      return {
        text: `${(side ?? []).join(", ")} cut off from ${(rest ?? []).join(", ")}`,
        undo: await site.cut(between([side ?? [], rest ?? []], false)),
      };
    }
    case "peers-cut-off":
      return {
        text: `${half.join(", ")} cut off from the orderers`,
        undo: await site.cut(between([half, orderers], false)),
      };
  }
}

async function injectNodeFault(
  site: ChaosSite,
  fault: NodeFault,
  exceptName?: string,
): Promise<Injected> {
  const name = await targetOf(site, fault.target, exceptName);
  return { text: textOf(fault, name), undo: await injectAt(site, fault, name) };
}

function injectAt(site: ChaosSite, fault: NodeFault, name: string): Promise<Undo> {
  const { orderers } = site.names;
  const otherOrderers = orderers.filter((other) => other !== name);
  switch (fault.kind) {
    case "kill":
      return site.kill(name);
    case "pause":
      return site.pause(name);
    case "isolate":
      return site.cut(between([[name], othersThan(site, name)], false));
    case "mute":
      return site.cut(between([[name], otherOrderers], true));
    case "reset":
      return resetAll(site, name, otherOrderers);
    case "degrade":
      return site.degrade(name, { loss: fault.loss, delayMs: fault.delayMs });
    case "jumble":
      return site.degrade(name, { duplicate: fault.share, reorder: fault.share });
    case "slow-disk":
      return site.disk(name, { syncDelayMs: fault.delayMs });
    case "disk-full":
      return site.disk(name, { full: true });
    case "fail-disk":
      return failDisk(site, name);
    case "clock":
      return site.clock(name, fault.offsetMs);
    case "power-loss":
      return site.losePower(name, { seed: fault.seed });
    case "crash-at":
      return site.crashAt(name, fault.failpoint);
  }
}

function textOf(fault: NodeFault, name: string): string {
  switch (fault.kind) {
    case "degrade":
      return fault.loss > 0
        ? `${name} loses ${Math.round(fault.loss * 100)} %`
        : `${name} ${fault.delayMs} ms late`;
    case "jumble":
      return `${name} repeats and swaps ${Math.round(fault.share * 100)} %`;
    case "slow-disk":
      return `slow-disk ${name} ${fault.delayMs} ms`;
    case "clock":
      return `clock ${name} off by ${Math.round(fault.offsetMs / 1_000)} s`;
    case "crash-at": {
      const { moment, step, powerLoss } = fault.failpoint;
      return `crash-at ${name} ${moment} "${step}"${powerLoss === undefined ? "" : ", without power"}`;
    }
    case "isolate":
    case "kill":
    case "pause":
    case "mute":
    case "reset":
    case "disk-full":
    case "fail-disk":
    case "power-loss":
      return `${fault.kind} ${name}`;
  }
}

async function resetAll(site: ChaosSite, name: string, others: readonly string[]): Promise<Undo> {
  for (const other of others) await site.reset(name, other);
  return () => Promise.resolve();
}

async function failDisk(site: ChaosSite, name: string): Promise<Undo> {
  const mend = await site.disk(name, { failSync: true });
  return async () => {
    await mend();
    const restart = await site.kill(name);
    await restart();
  };
}

async function killAll(site: ChaosSite, names: readonly string[]): Promise<Undo> {
  const undos: Undo[] = [];
  for (const name of names) undos.push(await site.kill(name));
  return all(undos);
}

async function darken(site: ChaosSite, names: readonly string[], seed: number): Promise<Undo> {
  return all(await Promise.all(names.map((name) => site.losePower(name, { seed }))));
}

function all(undos: readonly Undo[]): Undo {
  return async () => {
    await Promise.all(undos.map((undo) => undo()));
  };
}

async function injectConstrained(site: ChaosSite): Promise<Injected> {
  const [leader = "", behind = "", ...rest] = await leaderFirst(site);
  const rejoin = await site.cut(between([[behind], [leader, ...rest]], false));
  await delay(LEFT_BEHIND_MS);
  const revive = await site.kill(leader);
  await rejoin();
  const mend = await site.cut(
    between(
      rest.map((name) => [name]),
      false,
    ),
  );
  const undo = async (): Promise<void> => {
    await mend();
    await revive();
  };
  return { text: `only ${behind}, whose log is old, reaches a majority`, undo };
}

async function leaderFirst(site: ChaosSite): Promise<readonly string[]> {
  const { orderers } = site.names;
  const leader = (await site.leader()) ?? orderers[0] ?? "";
  return [leader, ...orderers.filter((name) => name !== leader)];
}

function othersThan({ names }: ChaosSite, name: string): readonly string[] {
  return [...names.orderers, ...names.peers].filter((other) => other !== name);
}

// While nobody leads, the first orderer stands for the leader.
async function targetOf(
  site: ChaosSite,
  target: Target,
  exceptName: string | undefined,
): Promise<string> {
  if (target.kind === "node") return target.name;
  const [leader, follower] = (await leaderFirst(site)).filter((name) => name !== exceptName);
  const found = {
    leader,
    follower: follower ?? leader,
    "first-peer": site.names.peers.find((name) => name !== exceptName) ?? leader,
  }[target.kind];
  assert(found !== undefined, "a network has an orderer");
  return found;
}
