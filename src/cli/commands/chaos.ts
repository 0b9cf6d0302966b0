import type { Command } from "commander";
import type { FaultSettings, LinkFaults } from "../../faults/index.ts";
import { ChaosControl, DevelopmentNetwork, SCENARIOS } from "../../network/index.ts";
import { Output } from "../output.ts";
import { addDirectoryOptions, wholeNumber, type DirectoryOptions } from "../shared-options.ts";
import { formatTable } from "../table.ts";
import { addDeaths } from "./chaos-deaths.ts";
import { addLinkFaults } from "./chaos-links.ts";
import { addNodeFaults } from "./chaos-nodes.ts";
import type { ChaosRunOptions } from "./chaos-run.ts";

/** Faults on a running network, each with a command; `run` for courses of them. */
export function addChaosCommand(program: Command): void {
  const chaos = program
    .command("chaos")
    .description("cut, slow, stop and heal the nodes of a running development network")
    .addHelpText(
      "after",
      "\nExamples:\n  $ heddle chaos isolate orderer --for 10s\n  $ heddle chaos power-loss orderer1 --for 5s\n  $ heddle chaos run leader-kill\n  $ heddle chaos heal",
    );
  addLinkFaults(chaos);
  addNodeFaults(chaos);
  addDeaths(chaos);
  addHeal(chaos);
  addStatus(chaos);
  addScenarios(chaos);
  addRun(chaos);
}

function addHeal(chaos: Command): void {
  addDirectoryOptions(chaos.command("heal"))
    .description("take all faults of links, disks and clocks back and let paused nodes go on")
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

function addScenarios(chaos: Command): void {
  chaos
    .command("scenarios")
    .description("list the courses of faults that `run` knows")
    .option("--json", "print JSON for programs", false)
    .addHelpText("after", "\nExample:\n  $ heddle chaos scenarios")
    .action((options: { readonly json: boolean }) => {
      const scenarios = Object.entries(SCENARIOS).map(([name, { about, ordererCountMin }]) => ({
        name,
        about,
        ordererCountMin,
      }));
      const rows = scenarios.map(({ name, about, ordererCountMin }) => [
        name,
        String(ordererCountMin),
        about,
      ]);
      new Output(options).result({ scenarios }, formatTable(["NAME", "ORDERERS", "WHAT"], rows));
    });
}

function addRun(chaos: Command): void {
  addDirectoryOptions(chaos.command("run"))
    .description("drive load, apply a course of faults, and judge what the ledgers hold")
    .argument("[scenario]", "see `heddle chaos scenarios`")
    .option("--random", "faults chosen by the seed", false)
    .option("--minutes <count>", "how long random faults go on", wholeNumber(1, 24 * 60), 5)
    .option("--seed <number>", "the same seed chooses the same faults", wholeNumber(0, 2 ** 31), 1)
    .option("--out <folder>", "where to write the report (default: chaos/ in the network's folder)")
    .addHelpText(
      "after",
      `
The exit code is 0 only when nothing acknowledged was lost, doubled or out of order, and all ledgers agree.

Examples:
  $ heddle chaos run leader-kill
  $ heddle chaos run --random --minutes 10 --seed 7`,
    )
    .action(async (name: string | undefined, options: ChaosRunOptions) => {
      await (await import("./chaos-run.ts")).chaosRun(name, options);
    });
}

function faultText(faults: FaultSettings | undefined): string {
  if (faults === undefined) return "";
  const { full, syncDelayMs, failSync, corruptReads } = faults.disk;
  const { offsetMs } = faults.clock;
  const own = [
    ...(full ? ["disk full"] : []),
    ...(syncDelayMs > 0 ? [`flushes ${syncDelayMs} ms later`] : []),
    ...(failSync ? ["flushes fail"] : []),
    ...(corruptReads > 0 ? ["reads rot"] : []),
    ...(offsetMs === 0 ? [] : [`clock off by ${offsetMs} ms`]),
    ...faults.failpoints.map(({ moment, step }) => `dies ${moment} "${step}"`),
  ];
  return [...faults.links.map(linkText), ...own].join("; ");
}

function linkText({ peer, out, in: back }: LinkFaults): string {
  const both = out.drop && back.drop ? "cut from" : out.drop ? "cannot reach" : "cannot hear";
  if (out.drop || back.drop) return `${both} ${peer}`;
  const share = (part: number, what: string): string =>
    part > 0 ? ` ${Math.round(part * 100)} % ${what}` : "";
  const shares = [
    share(out.loss, "lost"),
    share(out.duplicate, "repeated"),
    share(out.reorder, "overtaken"),
  ];
  return `${peer}:${out.delayMs > 0 ? ` ${out.delayMs} ms` : ""}${shares.join("")}`;
}
