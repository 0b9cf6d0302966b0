import type { Command } from "commander";
import { DevelopmentNetwork, readNodeFigures } from "../../network/index.ts";
import { EXIT, Output } from "../output.ts";
import { addDirectoryOptions, type DirectoryOptions } from "../shared-options.ts";
import { formatTable } from "../table.ts";

export function addStatusCommand(program: Command): void {
  addDirectoryOptions(program.command("status"))
    .description(
      "show each node: whether it runs, its height, who leads the orderers, what it complains of",
    )
    .addHelpText(
      "after",
      "\nThe exit code is 1 when a node is down.\n\nExample:\n  $ heddle status --json",
    )
    .action(status);
}

async function status(options: DirectoryOptions): Promise<void> {
  const output = new Output(options);
  const network = await DevelopmentNetwork.open(options.dir);
  const { channelId } = network.topology;
  const nodes = await Promise.all(
    (await network.status()).map(async (node) => ({
      ...node,
      figures: node.pid === undefined ? undefined : await readNodeFigures(node, channelId),
    })),
  );
  const rows = nodes.map(({ name, role, pid, address, figures }) => [
    name,
    role,
    pid === undefined ? output.bad("down") : output.good("up"),
    pid === undefined ? "" : String(pid),
    address,
    figures?.height === undefined ? "" : String(figures.height),
    figures?.isLeader === true ? "leader" : "",
  ]);
  const header = ["NODE", "ROLE", "STATE", "PID", "ADDRESS", "HEIGHT", ""];
  const complaints = nodes.flatMap(({ name, figures }) =>
    (figures?.complaints ?? []).map((complaint) => `${name}: ${complaint}`),
  );
  output.result(
    { directory: network.layout.directory, channelId, nodes },
    [formatTable(header, rows), ...complaints].join("\n"),
  );
  if (nodes.some(({ pid }) => pid === undefined)) process.exitCode = EXIT.failed;
}
