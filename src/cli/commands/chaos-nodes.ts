/** `heddle chaos`: faults of one node's process, disk and clock. */
import type { Command } from "commander";
import { duration } from "../duration.ts";
import { addDirectoryOptions, percent, type DirectoryOptions } from "../shared-options.ts";
import { fault, once, perform, type ForOptions } from "./chaos-perform.ts";

export function addNodeFaults(chaos: Command): void {
  addPause(chaos);
  addKill(chaos);
  addRestart(chaos);
  addDiskFull(chaos);
  addSlowDisk(chaos);
  addFailDisk(chaos);
  addCorrupt(chaos);
  addClockSkew(chaos);
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
      await perform(
        options,
        `started ${node}`,
        once((control) => control.restart(node)),
      );
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

function addFailDisk(chaos: Command): void {
  fault(
    chaos,
    "fail-disk",
    "let every flush of a node's logs and block files fail; what relied on it stops until a restart",
    "fail-disk orderer2 --for 5s",
  )
    .argument("<node>", "such as orderer2 or peer0.org1")
    .action(async (node: string, options: ForOptions) => {
      await perform(options, `flushes of ${node} fail`, (control) =>
        control.disk(node, { failSync: true }),
      );
    });
}

function addCorrupt(chaos: Command): void {
  fault(
    chaos,
    "corrupt",
    "turn a bit in a share of what a node reads from its logs and block files",
    "corrupt peer0.org1 10 --for 10s",
  )
    .argument("<node>", "such as orderer2 or peer0.org1")
    .argument("<percent>", "0 to 100", percent)
    .action(async (node: string, share: number, options: ForOptions) => {
      await perform(options, `${share} % of what ${node} reads is corrupt`, (control) =>
        control.disk(node, { corruptReads: share / 100 }),
      );
    });
}

function addClockSkew(chaos: Command): void {
  fault(
    chaos,
    "clock-skew",
    "set a node's time of day ahead or back; its timeouts keep their length",
    "clock-skew peer0.org1 20m --back --for 30s",
  )
    .argument("<node>", "such as orderer2 or peer0.org1")
    .argument("<time>", "such as 90s or 20m", duration)
    .option("--back", "back instead of ahead", false)
    .action(
      async (node: string, time: number, options: ForOptions & { readonly back: boolean }) => {
        const offsetMs = Math.round(options.back ? -time : time);
        await perform(options, `set the clock of ${node} off by ${offsetMs} ms`, (control) =>
          control.clock(node, { offsetMs }),
        );
      },
    );
}
