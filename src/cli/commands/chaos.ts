import { InvalidArgumentError, type Command } from "commander";
import type { FaultSettings, LinkFaults } from "../../faults/index.ts";
import { ChaosControl, DevelopmentNetwork, SCENARIOS, type Undo } from "../../network/index.ts";
import type { ChaosRunOptions } from "./chaos-run.ts";
import { duration } from "../duration.ts";
import { Output } from "../output.ts";
import { addDirectoryOptions, wholeNumber, type DirectoryOptions } from "../shared-options.ts";
import { formatTable } from "../table.ts";

interface ForOptions extends DirectoryOptions {
  readonly for?: number;
}

type Groups = readonly (readonly string[])[];
type Act = (chaos: ChaosControl) => Promise<Undo>;

/** Faults on a running network, each with a command; `run` for courses of them. */
export function addChaosCommand(program: Command): void {
  const chaos = program
    .command("chaos")
    .description("cut, slow, stop and heal the nodes of a running development network")
    .addHelpText(
      "after",
      "\nExamples:\n  $ heddle chaos isolate orderer --for 10s\n  $ heddle chaos run leader-kill\n  $ heddle chaos heal",
    );
  addPartition(chaos);
  addIsolate(chaos);
  addDelay(chaos);
  addLoss(chaos);
  addPause(chaos);
  addKill(chaos);
  addRestart(chaos);
  addDiskFull(chaos);
  addSlowDisk(chaos);
  addHeal(chaos);
  addStatus(chaos);
  addRun(chaos);
}

function fault(chaos: Command, usage: string, text: string, example: string): Command {
  return addDirectoryOptions(chaos.command(usage))
    .description(text)
    .option("--for <time>", "wait so long, or until Ctrl-C, and take it back", duration)
    .addHelpText("after", `\nExample:\n  $ heddle chaos ${example}`);
}

function addPartition(chaos: Command): void {
  fault(
    chaos,
    "partition",
    "cut groups of nodes off from each other; nodes in no group reach all",
    'partition "orderer1|orderer2,orderer3" --for 10s',
  )
    .argument("<groups>", "nodes with commas, groups with bars between them", parseGroups)
    .option("--one-way", "only what the first group sends is lost", false)
    .action(async (groups: Groups, options: ForOptions & { readonly oneWay: boolean }) => {
      const text = groups.map((group) => group.join(",")).join("|");
      await perform(options, `partitioned ${text}`, (control) =>
        control.partition(groups, options.oneWay),
      );
    });
}

function addIsolate(chaos: Command): void {
  fault(chaos, "isolate", "cut a node off from all others", "isolate peer0.org1 --for 10s")
    .argument("<node>", "such as orderer2 or peer0.org1")
    .action(async (node: string, options: ForOptions) => {
      await perform(options, `isolated ${node}`, (control) => control.isolate(node));
    });
}

function addDelay(chaos: Command): void {
  fault(
    chaos,
    "delay",
    "delay every message from and to a node",
    "delay orderer2 50ms --jitter 20ms",
  )
    .argument("<node>", "such as orderer2 or peer0.org1")
    .argument("<time>", "such as 50ms", duration)
    .option("--jitter <time>", "add up to so much to each delay", duration, 0)
    .action(
      async (node: string, time: number, options: ForOptions & { readonly jitter: number }) => {
        const faults = {
          delayMs: Math.round(time),
          jitterMs: Math.round(options.jitter),
        };
        await perform(options, `delayed ${node} by ${time} ms`, (control) =>
          control.degrade(node, faults),
        );
      },
    );
}

function addLoss(chaos: Command): void {
  fault(
    chaos,
    "loss",
    "lose a share of the messages from and to a node; a call that loses one breaks",
    "loss orderer2 5 --for 30s",
  )
    .argument("<node>", "such as orderer2 or peer0.org1")
    .argument("<percent>", "0 to 100", wholeNumber(0, 100))
    .action(async (node: string, percent: number, options: ForOptions) => {
      await perform(options, `${node} loses ${percent} %`, (control) =>
        control.degrade(node, { loss: percent / 100 }),
      );
    });
}

function addPause(chaos: Command): void {
  fault(
    chaos,
    "pause",
    "stop a node's process where it is (SIGSTOP); its connections stay open",
    "pause orderer1 --for 5s",
  )
    .argument("<node>", "such as orderer2 or peer0.org1")
    .action(async (node: string, options: ForOptions) => {
      await perform(options, `paused ${node}`, (control) => control.pause(node));
    });
}

function addKill(chaos: Command): void {
  fault(
    chaos,
    "kill",
    "end a node's process at once (SIGKILL); with --for it is started again",
    "kill orderer1 --for 5s",
  )
    .argument("<node>", "such as orderer2 or peer0.org1")
    .action(async (node: string, options: ForOptions) => {
      await perform(options, `killed ${node}`, (control) => control.kill(node));
    });
}

function addRestart(chaos: Command): void {
  addDirectoryOptions(chaos.command("restart"))
    .description("start a node that is down")
    .argument("<node>", "such as orderer2 or peer0.org1")
    .addHelpText("after", "\nExample:\n  $ heddle chaos restart orderer1")
    .action(async (node: string, options: DirectoryOptions) => {
      await perform(options, `started ${node}`, async (control) => {
        await control.restart(node);
        return () => Promise.resolve();
      });
    });
}

function addDiskFull(chaos: Command): void {
  fault(
    chaos,
    "disk-full",
    "let a node's logs and block files find no room (a peer's state is not reached)",
    "disk-full orderer2 --for 20s",
  )
    .argument("<node>", "such as orderer2 or peer0.org1")
    .action(async (node: string, options: ForOptions) => {
      await perform(options, `filled the disk of ${node}`, (control) =>
        control.disk(node, { full: true }),
      );
    });
}

function addSlowDisk(chaos: Command): void {
  fault(
    chaos,
    "slow-disk",
    "make every flush of a node's logs and block files take so much longer",
    "slow-disk orderer1 500ms --for 30s",
  )
    .argument("<node>", "such as orderer2 or peer0.org1")
    .argument("<time>", "such as 500ms", duration)
    .action(async (node: string, time: number, options: ForOptions) => {
      const syncDelayMs = Math.round(time);
      await perform(options, `slowed the disk of ${node} by ${syncDelayMs} ms`, (control) =>
        control.disk(node, { syncDelayMs }),
      );
    });
}

function addHeal(chaos: Command): void {
  addDirectoryOptions(chaos.command("heal"))
    .description("take all faults of links and disks back and let paused nodes go on")
    .addHelpText("after", "\nNodes that are down stay down.\n\nExample:\n  $ heddle chaos heal")
    .action(async (options: DirectoryOptions) => {
      const network = await DevelopmentNetwork.open(options.dir);
      const down = await new ChaosControl(network).heal();
      const still = down.length === 0 ? "" : `; still down: ${down.join(", ")}`;
      new Output(options).result({ healed: true, down }, `healed${still}`);
    });
}

function addStatus(chaos: Command): void {
  addDirectoryOptions(chaos.command("status"))
    .description("show each node's faults, and whether it is up, paused or down")
    .addHelpText("after", "\nExample:\n  $ heddle chaos status --json")
    .action(async (options: DirectoryOptions) => {
      const network = await DevelopmentNetwork.open(options.dir);
      const nodes = await new ChaosControl(network).status();
      const rows = nodes.map(({ name, state, faults }) => [name, state, faultText(faults)]);
      new Output(options).result({ nodes }, formatTable(["NODE", "STATE", "FAULTS"], rows));
    });
}

function addRun(chaos: Command): void {
  addDirectoryOptions(chaos.command("run"))
    .description("drive load, apply a course of faults, and judge what the ledgers hold")
    .argument("[scenario]", SCENARIOS.join(", "))
    .option("--random", "faults chosen by the seed", false)
    .option("--minutes <count>", "how long random faults go on", wholeNumber(1, 24 * 60), 5)
    .option("--seed <number>", "the same seed chooses the same faults", wholeNumber(0, 2 ** 31), 1)
    .option("--out <folder>", "where to write the report (default: chaos/ in the network's folder)")
    .addHelpText(
      "after",
      `
The exit code is 0 only when nothing acknowledged was lost or doubled and all ledgers agree.

Examples:
  $ heddle chaos run leader-kill
  $ heddle chaos run --random --minutes 10 --seed 7`,
    )
    .action(async (name: string | undefined, options: ChaosRunOptions) => {
      await (await import("./chaos-run.ts")).chaosRun(name, options);
    });
}

/** Does it, says so, and with `--for` takes it back after that time or at Ctrl-C. */
async function perform(options: ForOptions, done: string, act: Act): Promise<void> {
  const output = new Output(options);
  const network = await DevelopmentNetwork.open(options.dir);
  const undo = await act(new ChaosControl(network));
  if (options.for === undefined) {
    output.result({ done }, done);
    return;
  }
  output.step(`${done}, for ${options.for} ms`);
  await elapsedOrInterrupted(options.for);
  await undo();
  output.result({ done, takenBack: true }, `${done}, and took it back`);
}

function elapsedOrInterrupted(durationMs: number): Promise<void> {
  return new Promise((resolve) => {
    const finish = (): void => {
      clearTimeout(timer);
      process.off("SIGINT", finish);
      process.off("SIGTERM", finish);
      resolve();
    };
    const timer = setTimeout(finish, durationMs);
    process.on("SIGINT", finish);
    process.on("SIGTERM", finish);
  });
}

function parseGroups(text: string): Groups {
  const groups = text.split("|").map((group) => group.split(",").map((name) => name.trim()));
  const isWhole = groups.length >= 2 && groups.every((group) => group.every((name) => name !== ""));
  if (isWhole) return groups;
  throw new InvalidArgumentError('expected groups such as "orderer1|orderer2,orderer3".');
}

function faultText(faults: FaultSettings | undefined): string {
  if (faults === undefined) return "";
  const { full, syncDelayMs, failSync, corruptReads } = faults.disk;
  const disk = [
    ...(full ? ["disk full"] : []),
    ...(syncDelayMs > 0 ? [`flushes ${syncDelayMs} ms later`] : []),
    ...(failSync ? ["flushes fail"] : []),
    ...(corruptReads > 0 ? ["reads rot"] : []),
  ];
  return [...faults.links.map(linkText), ...disk].join("; ");
}

function linkText({ peer, out, in: back }: LinkFaults): string {
  const both = out.drop && back.drop ? "cut from" : out.drop ? "cannot reach" : "cannot hear";
  if (out.drop || back.drop) return `${both} ${peer}`;
  const loss = out.loss > 0 ? ` ${Math.round(out.loss * 100)} % lost` : "";
  return `${peer}:${out.delayMs > 0 ? ` ${out.delayMs} ms` : ""}${loss}`;
}
