import { mkdir, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { SeededRandom } from "../../kernel/seeded-random.ts";
import {
  DevelopmentNetwork,
  isSound,
  namesOf,
  NetworkError,
  randomSteps,
  recoveries,
  reportText,
  runChaos,
  scenario,
  SCENARIOS,
  timelineSvg,
  verdictOf,
  type ChaosPlan,
  type ChaosRun,
  type ScenarioName,
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
  const plan = planOf(network, name, options);
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
    const run = await runChaos(network, plan, tell, interrupted.signal);
    const folder = resolve(options.out ?? join(options.dir, "chaos", plan.title));
    await writeReport(folder, run);
    present(run, folder, output);
  } finally {
    network.close();
  }
}

function planOf(
  network: DevelopmentNetwork,
  name: string | undefined,
  { random, minutes, seed }: ChaosRunOptions,
): ChaosPlan {
  const names = namesOf(network);
  const common = { seed, chaincode: SAMPLE_NAME };
  if (random && name === undefined) {
    const durationMsMax = minutes * 60_000;
    const steps = randomSteps(new SeededRandom(seed), durationMsMax, names);
    return { ...common, title: `random-${seed}`, steps, durationMsMax };
  }
  const known = SCENARIOS.find((each): each is ScenarioName => each === name);
  if (random || known === undefined) {
    throw new NetworkError(
      "unknown name",
      `name one scenario (${SCENARIOS.join(", ")}), or give --random and none`,
    );
  }
  const durationMsMax = Number.POSITIVE_INFINITY;
  return { ...common, title: known, steps: scenario(known, names), durationMsMax };
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
      recoveries: recoveries(run),
      violations,
      folder,
    },
    `${isSound(run) ? output.good("✔") : output.bad("✘")} ${title}: ${verdict}\n${acknowledged.length} transactions acknowledged; report in ${join(folder, "report.md")}`,
  );
  if (!isSound(run)) process.exitCode = EXIT.failed;
}
