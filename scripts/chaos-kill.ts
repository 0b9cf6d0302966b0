/**
 * `npm run chaos:kill -- --cycles 1000`: three orderers as processes, killed with SIGKILL at random moments and started again,
 * under clients that broadcast all the time and try again elsewhere. Audited at the end and in between: all orderers hold the
 * same blocks, each chain is intact, nothing acknowledged is missing, nothing is ordered twice.
 *
 * Exit code 0: all of it holds; 1: it does not, and the files are kept; 2: wrong arguments.
 */
import { parseArgs } from "node:util";
import { runKillLoop } from "./chaos-kill/kill-loop.ts";

const { values: options } = parseArgs({
  options: {
    cycles: { type: "string", default: "1000" },
    seed: { type: "string", default: "1" },
    clients: { type: "string", default: "6" },
    "audit-every": { type: "string", default: "100" },
    "pause-ms": { type: "string", default: "250" },
    minutes: { type: "string", default: "120" },
    "port-offset": { type: "string", default: "17000" },
    json: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});
if (options.help) {
  console.log(`Usage: npm run chaos:kill [-- OPTIONS]
  --cycles 1000         kills, each of one, two or all three orderers, and the restart after it
  --seed 1              of the choice of victims and pauses
  --clients 6           each with one envelope on its way
  --audit-every 100     cycles between two audits
  --pause-ms 250        longest time before a kill
  --minutes 120         ends early after this
  --port-offset 17000
  --json                one JSON document instead of the table

Ctrl-C ends it early, with the audit of what was done.`);
  process.exit(0);
}

const numbers = {
  cycles: Number(options.cycles),
  seed: Number(options.seed),
  clients: Number(options.clients),
  auditEvery: Number(options["audit-every"]),
  pauseMsMax: Number(options["pause-ms"]),
  minutesMax: Number(options.minutes),
  portOffset: Number(options["port-offset"]),
};
const { cycles, clients, auditEvery } = numbers;
if (
  !Object.values(numbers).every((number) => number >= 0) ||
  !(cycles * clients * auditEvery > 0)
) {
  console.error("every option takes a number; cycles, clients and audit-every at least 1");
  process.exit(2);
}

const interrupted = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    interrupted.abort();
  });
}
const report = await runKillLoop({
  ...numbers,
  signal: interrupted.signal,
  progress: (line) => process.stderr.write(`${line}\n`),
});
const { audit } = report;
if (options.json) console.log(JSON.stringify({ at: new Date().toISOString(), ...report }));
else {
  console.table({
    cycles: `${report.cycles} of ${cycles}`,
    kills: report.kills,
    "cycles with 1, 2, 3 killed": [1, 2, 3].map((n) => report.killedAtOnce[n] ?? 0).join(", "),
    "envelopes sent": report.sent,
    "of these repeated on purpose": report.repeated,
    "attempts without an answer of success": report.failedAttempts,
    acknowledged: report.acknowledged,
    ordered: audit.ordered,
    "acknowledged and lost": audit.lost.length,
    "ordered twice": audit.doubled.length,
    "blocks that differ": audit.forks.length,
    "blocks out of the chain": audit.broken.length,
    "heights at the end": Object.values(audit.heights).join(", "),
    "ended by themselves": report.failures.length,
    audits: report.audits,
    "restart to serving, p50 / p99 / max, ms": Object.values(report.restartMs).join(" / "),
    "longest time without success, ms": report.longestGapMs,
    seconds: report.seconds,
    passed: report.isPassed,
  });
  const faults = [report.failures, audit.forks, audit.broken, audit.lost, audit.doubled].flat();
  for (const fault of faults.slice(0, 20)) console.error(fault);
  if (report.keptDirectory !== undefined) console.error(`files: ${report.keptDirectory}`);
}
process.exit(report.isPassed ? 0 : 1);
