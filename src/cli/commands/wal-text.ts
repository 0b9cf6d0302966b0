/** What `orderer wal` says of a log. */
import type { WalReport } from "../../../cluster/replica/index.ts";

export type LogReport = WalReport & { readonly directory: string };

/** One document. Every field is always there. */
export function jsonText(reports: readonly LogReport[]): string {
  const always = (_: string, value: unknown): unknown => (value === undefined ? null : value);
  return `${JSON.stringify({ logs: reports }, always, 2)}\n`;
}

export function verdictText(report: LogReport): string {
  const { directory, fault, segments, lastIndex, tornBytes, forgotten } = report;
  if (fault !== undefined) return faultText(fault);
  const torn = tornBytes === 0 ? "" : `, ${tornBytes} incomplete bytes at the end`;
  const idle = forgotten === undefined ? "" : `\n  it stands by: ${forgotten}`;
  const count = segments.length === 1 ? "1 segment is" : `${segments.length} segments are`;
  return `${directory}: ${count} sound, up to entry ${lastIndex}${torn}${idle}\n`;
}

export function inspectText(report: LogReport): string {
  const { hardState, snapshot, fault } = report;
  const lines = [
    `directory  ${report.directory}`,
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

function faultText({ file, offset, reason }: NonNullable<LogReport["fault"]>): string {
  return `${file} is damaged at offset ${offset}: ${reason}\n`;
}
