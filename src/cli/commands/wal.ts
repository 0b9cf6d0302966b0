import type { Command } from "commander";
import { inspectText, jsonText, verdictText, type LogReport } from "./wal-text.ts";

const EXAMPLE =
  "\nExamples:\n" +
  "  $ heddle orderer wal verify --config nodes/orderer.example.com/config.yaml\n" +
  "  $ heddle orderer wal inspect nodes/orderer.example.com/data/channels/mychannel/raft";

interface WalOptions {
  readonly config?: string;
  readonly json?: boolean;
}

/** `orderer wal`: looks at the logs of an orderer's channels and changes nothing. */
export function addWalCommand(orderer: Command): void {
  const wal = orderer
    .command("wal")
    .description("look at the logs of an orderer's channels, running or not; nothing is changed")
    .addHelpText("after", EXAMPLE);
  add(wal, "inspect", "show segments, entries, state, snapshot, members and damaged places", {
    show: inspectText,
  });
  add(wal, "verify", "check every byte; the exit code is 1 if any is not what was written", {
    show: verdictText,
    failsOnFault: true,
  });
}

interface Look {
  readonly show: (report: LogReport) => string;
  readonly failsOnFault?: boolean;
}

function add(
  wal: Command,
  name: string,
  description: string,
  { show, failsOnFault = false }: Look,
): void {
  wal
    .command(`${name} [directory]`)
    .description(`${description}; of the log in a directory raft/, or of all logs of an orderer`)
    .option("--config <file>", "an orderer's configuration (YAML), in the place of a directory")
    .option("--json", "as JSON: {logs: [...]}, absent values as null")
    .addHelpText("after", EXAMPLE)
    .action(async (directory: string | undefined, { config, json }: WalOptions) => {
      const reports: LogReport[] = [];
      for (const each of await directoriesOf(directory, config)) reports.push(await reportOf(each));
      process.stdout.write(json === true ? jsonText(reports) : reports.map(show).join("\n"));
      if (failsOnFault && reports.some(({ fault }) => fault !== undefined)) process.exitCode = 1;
    });
}

async function directoriesOf(
  directory: string | undefined,
  config: string | undefined,
): Promise<readonly string[]> {
  const path = await import("node:path");
  if (directory !== undefined && config === undefined) return [path.resolve(directory)];
  if (directory !== undefined || config === undefined) {
    throw new Error("name either a directory or an orderer's configuration with --config");
  }
  const { nodeFiles } = await import("../../kernel/adapters/node-files.ts");
  const { loadOrdererConfig } = await import("../../node/index.ts");
  const { dataDirectory } = await loadOrdererConfig(config);
  const channels = path.resolve(dataDirectory, "channels");
  const found: string[] = [];
  for (const channel of await nodeFiles.list(channels)) {
    const log = path.join(channels, channel, "raft");
    // A channel that this orderer only follows has none.
    if (await nodeFiles.exists(log)) found.push(log);
  }
  if (found.length > 0) return found;
  throw new Error(`there are no logs in ${channels}; the orderer of ${config} orders no channel`);
}

// A write under way at a running node looks like damage at the end until it is done: then it is looked at again.
async function reportOf(directory: string): Promise<LogReport> {
  const { nodeFiles } = await import("../../kernel/adapters/node-files.ts");
  const { inspectLog } = await import("../../../cluster/replica/index.ts");
  const { setTimeout: pause } = await import("node:timers/promises");
  let report = await inspectLog(nodeFiles, directory);
  for (let look = 1; look < LOOKS_MAX && report.fault !== undefined; look += 1) {
    await pause(LOOK_PAUSE_MS);
    report = await inspectLog(nodeFiles, directory);
  }
  if (report.segments.length > 0 || report.fault !== undefined) return { directory, ...report };
  throw new Error(`there is no log in ${directory}; name a channel's directory raft/`);
}

const LOOKS_MAX = 3;
const LOOK_PAUSE_MS = 200;
