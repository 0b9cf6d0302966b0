/**
 * `npm run gossip:report [-- OPTIONS]`: simulates gossip's cores and writes docs/gossip: a report with tables, and plots. Every figure comes
 * from seeds: two runs of one commit write the same files.
 *
 * Exit code 0: all targets are met; 1: one is missed, or a run failed; 2: wrong arguments.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { parsed, refuse, wholeNumber } from "./command-line.ts";
import { planTasks } from "./gossip-report/plan.ts";
import { plotsOf } from "./gossip-report/plots.ts";
import { reportOf } from "./gossip-report/report.ts";
import { Results } from "./gossip-report/results.ts";
import { Sheet } from "./gossip-report/sheet.ts";
import { CPU_SECONDS, MEBIBYTES } from "./gossip-report/targets.ts";
import type { Task } from "./gossip-report/tasks.ts";
import { performAll } from "./gossip-report/workers.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const { values: options } = parsed(() =>
  parseArgs({
    options: {
      sizes: { type: "string", default: "5,50,500,5000" },
      effort: { type: "string", default: "1" },
      workers: { type: "string", default: "2" },
      out: { type: "string", default: join(root, "docs", "gossip") },
      help: { type: "boolean", default: false },
    },
  }),
);
if (options.help) {
  console.log(`Usage: npm run gossip:report [-- OPTIONS]
  --sizes 5,50,500,5000   peers of the networks
  --effort 1              0–1: so much of the seeds
  --workers 2             processes at once
  --out docs/gossip       the folder that is written`);
  process.exit(0);
}
const sizes = options.sizes.split(",").map((text) => wholeNumber("--sizes", text, 5));
const effort = Number(options.effort);
const workerCount = wholeNumber("--workers", options.workers, 1);
if (!(effort > 0 && effort <= 1)) refuse("--effort takes a number above 0 and up to 1");

const tasks = planTasks({ sizes, effort });
let doneCount = 0;
let cpuSecondsSum = 0;
const done = await performAll(tasks, workerCount, (task, cpuSeconds) => {
  doneCount += 1;
  cpuSecondsSum += cpuSeconds;
  console.error(`${doneCount}/${tasks.length} ${nameOf(task)}: ${cpuSeconds.toFixed(1)} s of CPU`);
});
const results = new Results(done);
const sheet = new Sheet();
mkdirSync(options.out, { recursive: true });
writeFileSync(join(options.out, "report.md"), reportOf(results, sheet, { sizes, effort }));
for (const [name, svg] of plotsOf(results, sizes)) writeFileSync(join(options.out, name), svg);
for (const { cpuSeconds, mebibytes } of results.all("cost")) {
  const what = `simulating ${Math.max(...sizes)} peers`;
  console.log(`${what}: ${cpuSeconds.toFixed(0)} s of CPU, ${mebibytes.toFixed(0)} MiB`);
  sheet.check(`${what}, seconds of CPU`, cpuSeconds, CPU_SECONDS);
  sheet.check(`${what}, MiB`, mebibytes, MEBIBYTES);
}
console.log(`${cpuSecondsSum.toFixed(0)} s of CPU in all`);
for (const line of sheet.missed) console.error(`missed: ${line}`);
console.log(`${sheet.checkedCount - sheet.missed.length} of ${sheet.checkedCount} targets met`);
process.exit(sheet.missed.length === 0 ? 0 : 1);

function nameOf(task: Task): string {
  const size = "size" in task ? `${task.size} peers` : "";
  const details = Object.entries(task).flatMap(([key, value]) =>
    ["lossRate", "deadShare", "isFast", "turmoil"].includes(key)
      ? [`${key} ${JSON.stringify(value)}`]
      : [],
  );
  return [task.kind, size, ...details].join(" ");
}
