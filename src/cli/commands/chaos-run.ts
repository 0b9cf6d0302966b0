import { mkdir, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import {
  courseOf,
  DevelopmentNetwork,
  DevelopmentSite,
  isSound,
  LEVEL_MS_MAX,
  NetworkError,
  recoveries,
  reportText,
  runChaos,
  timelineSvg,
  verdictOf,
  type ChaosRun,
  type CourseRequest,
} from "../../network/index.ts";
import { EXIT, Output } from "../output.ts";
import { deploySample, SAMPLE_NAME } from "../sample.ts";
import type { DirectoryOptions } from "../shared-options.ts";

export interface ChaosRunOptions extends DirectoryOptions {
  readonly random: boolean;
  readonly minutes: number;
  readonly seed: number;
  readonly out?: string;
}

/** Exit code 0 only for a sound run. */
export async function chaosRun(name: string | undefined, options: ChaosRunOptions): Promise<void> {
  const output = new Output(options);
  const network = await DevelopmentNetwork.open(options.dir);
  const site = new DevelopmentSite(network);
  const plan = { ...courseOf(requestOf(name, options), site), chaincode: SAMPLE_NAME };
  const interrupted = new AbortController();
  const interrupt = (): void => {
    interrupted.abort();
  };
  process.once("SIGINT", interrupt);
  process.once("SIGTERM", interrupt);
  try {
    await deploySample(network, output);
    const tell = (text: string): void => {
      output.step(text);
    };
    const run = await runChaos(site, plan, tell, interrupted.signal);
    const folder = resolve(options.out ?? join(options.dir, "chaos", plan.title));
    await writeReport(folder, run);
    present(run, folder, output);
  } finally {
    network.close();
  }
}

function requestOf(name: string | undefined, options: ChaosRunOptions): CourseRequest {
  const { random, seed, minutes } = options;
  if (random !== (name === undefined)) {
    throw new NetworkError(
      "unknown name",
      "name one scenario (`heddle chaos scenarios` lists them), or give --random and none",
    );
  }
  return { seed, minutes, ...(name === undefined ? {} : { scenario: name }) };
}

async function writeReport(folder: string, run: ChaosRun): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "report.md"), reportText(run));
  await writeFile(join(folder, "timeline.svg"), timelineSvg(run));
}

function present(run: ChaosRun, folder: string, output: Output): void {
  const verdict = verdictOf(run);
  const acknowledged = run.attempts.filter(({ transactionId }) => transactionId !== undefined);
  const { title, seed, levelMs, violations } = run;
  output.result(
    {
      title,
      seed,
      isSound: isSound(run),
      verdict,
      acknowledged: acknowledged.length,
      unacknowledged: run.attempts.length - acknowledged.length,
      levelMs,
      levelMsMax: LEVEL_MS_MAX,
      recoveries: recoveries(run),
      violations,
      folder,
    },
    `${isSound(run) ? output.good("✔") : output.bad("✘")} ${title}: ${verdict}\n${acknowledged.length} transactions acknowledged; report in ${join(folder, "report.md")}`,
  );
  if (!isSound(run)) process.exitCode = EXIT.failed;
}
