/** `heddle chaos`: faults of what goes between nodes. */
import { InvalidArgumentError, type Command } from "commander";
import { duration } from "../duration.ts";
import { addDirectoryOptions, percent, type DirectoryOptions } from "../shared-options.ts";
import { fault, once, perform, type ForOptions } from "./chaos-perform.ts";

type Groups = readonly (readonly string[])[];

export function addLinkFaults(chaos: Command): void {
  addPartition(chaos);
  addIsolate(chaos);
  addDelay(chaos);
  addLoss(chaos);
  addJumble(chaos, "duplicate", "let a share of the messages from and to a node come twice");
  addJumble(
    chaos,
    "reorder",
    "let a share of the messages from and to a node be overtaken by the next one",
  );
  addReset(chaos);
}

function addPartition(chaos: Command): void {
  fault(
    chaos,
    "partition",
    "cut groups of nodes off from each other; nodes in no group reach all",
    'partition "orderer1|orderer2,orderer3" --for 10s\n  $ heddle chaos partition "org1|org2,orderers" --one-way',
  )
    .argument(
      "<groups>",
      "nodes with commas, groups with bars between them; an organisation stands for its peers, orderers and peers for all of them",
      parseGroups,
    )
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
    .argument("<percent>", "0 to 100", percent)
    .action(async (node: string, share: number, options: ForOptions) => {
      await perform(options, `${node} loses ${share} %`, (control) =>
        control.degrade(node, { loss: share / 100 }),
      );
    });
}

const JUMBLED =
  "\n\nOnly what may come twice or out of turn, as with datagrams: messages of gossip between peers and of Raft between orderers.\nTransactions on their way to be ordered, what orderers deliver, and calls are not touched.";

function addJumble(chaos: Command, verb: "duplicate" | "reorder", text: string): void {
  fault(chaos, verb, text, `${verb} orderer2 20 --for 30s${JUMBLED}`)
    .argument("<node>", "such as orderer2 or peer0.org1")
    .argument("<percent>", "0 to 100", percent)
    .action(async (node: string, share: number, options: ForOptions) => {
      const what = verb === "duplicate" ? "repeats" : "swaps";
      await perform(options, `${node} ${what} ${share} %`, (control) =>
        control.degrade(node, { [verb]: share / 100 }),
      );
    });
}

function addReset(chaos: Command): void {
  addDirectoryOptions(chaos.command("reset"))
    .description("break all connections between two nodes, once")
    .argument("<node>", "such as orderer2 or peer0.org1")
    .argument("<other>", "the node at the other end")
    .addHelpText("after", "\nExample:\n  $ heddle chaos reset orderer1 orderer2")
    .action(async (node: string, other: string, options: DirectoryOptions) => {
      await perform(
        options,
        `reset the connections of ${node} and ${other}`,
        once((control) => control.reset(node, other)),
      );
    });
}

function parseGroups(text: string): Groups {
  const groups = text.split("|").map((group) => group.split(",").map((name) => name.trim()));
  const isWhole = groups.length >= 2 && groups.every((group) => group.every((name) => name !== ""));
  if (isWhole) return groups;
  throw new InvalidArgumentError('expected groups such as "orderer1|orderer2,orderer3".');
}
