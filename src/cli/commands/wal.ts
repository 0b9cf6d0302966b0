import type { Command } from "commander";
import type { WalReport } from "../../../cluster/replica/index.ts";

const EXAMPLE =
  "\nExample:\n  $ heddle orderer wal verify nodes/orderer.example.com/data/channels/mychannel/raft";

interface WalOptions {
  readonly json?: boolean;
}

/** `orderer wal`: looks at the log of a channel at an orderer and changes nothing. */
export function addWalCommand(orderer: Command): void {
  const wal = orderer
    .command("wal")
    .description("look at the log of a channel at an orderer, running or not; nothing is changed")
    .addHelpText("after", EXAMPLE);
  wal
    .command("inspect <directory>")
    .description("show segments, entries, state, snapshot, members and damaged places")
    .option("--json", "as JSON")
    .addHelpText("after", EXAMPLE)
    .action(async (directory: string, { json }: WalOptions) => {
      const report = await reportOf(directory);
      process.stdout.write(json === true ? jsonText(report) : inspectText(report));
    });
  wal
    .command("verify <directory>")
    .description("check every byte of the log; the exit code is 1 if any is not what was written")
    .option("--json", "as JSON")
    .addHelpText("after", EXAMPLE)
    .action(async (directory: string, { json }: WalOptions) => {
      const report = await reportOf(directory);
      process.stdout.write(json === true ? jsonText(report) : verdictText(report));
      if (report.fault !== undefined) process.exitCode = 1;
    });
}

// A write under way at a running node looks like damage at the end until it is done: then it is looked at again.
async function reportOf(directory: string): Promise<WalReport> {
  const { nodeFiles } = await import("../../kernel/adapters/node-files.ts");
  const { inspectLog } = await import("../../../cluster/replica/index.ts");
  const { setTimeout: pause } = await import("node:timers/promises");
  const path = await import("node:path");
  let report = await inspectLog(nodeFiles, path.resolve(directory));
  for (let look = 1; look < LOOKS_MAX && report.fault !== undefined; look += 1) {
    await pause(LOOK_PAUSE_MS);
    report = await inspectLog(nodeFiles, path.resolve(directory));
  }
  if (report.segments.length > 0 || report.fault !== undefined) return report;
  throw new Error(
    `there is no log in ${path.resolve(directory)}; name a channel's directory raft/`,
  );
}

const LOOKS_MAX = 3;
const LOOK_PAUSE_MS = 200;

function jsonText(report: WalReport): string {
  return `${JSON.stringify(report, undefined, 2)}\n`;
}

function verdictText(report: WalReport): string {
  const { fault, segments, lastIndex, tornBytes } = report;
  if (fault !== undefined) return faultText(fault);
  const torn = tornBytes === 0 ? "" : `, ${tornBytes} incomplete bytes at the end`;
  return `${segments.length} segments are sound, up to entry ${lastIndex}${torn}\n`;
}

function faultText({ file, offset, reason }: NonNullable<WalReport["fault"]>): string {
  return `${file} is damaged at offset ${offset}: ${reason}\n`;
}

function inspectText(report: WalReport): string {
  const { hardState, snapshot, fault } = report;
  const lines = [
    `owner      ${report.owner ?? "unknown"}`,
    `entries    ${report.firstIndex} to ${report.lastIndex}`,
    hardState === undefined
      ? "state      none"
      : `state      term ${hardState.term}, vote ${hardState.votedFor ?? "none"}, commit ${hardState.commit}`,
    snapshot === undefined
      ? "snapshot   none"
      : `snapshot   entry ${snapshot.index} of term ${snapshot.term}, ${snapshot.bytes} bytes, ` +
        `voters ${snapshot.configuration.voters.join(", ")}`,
    ...report.segments.map(
      ({ file, frames, firstIndex, lastIndex, usedBytes, bytes, tail }) =>
        `${file}  ${frames} frames, entries ${firstIndex} to ${lastIndex}, ${usedBytes} of ${bytes} bytes, ${tail}`,
    ),
    ...report.asideFiles.map((file) => `${file}  put aside`),
  ];
  if (report.forgotten !== undefined) lines.push(`stands by  ${report.forgotten}`);
  if (report.tornBytes > 0) lines.push(`torn       ${report.tornBytes} bytes at the end`);
  return `${lines.join("\n")}\n${fault === undefined ? "" : faultText(fault)}`;
}
