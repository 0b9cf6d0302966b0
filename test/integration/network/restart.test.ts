/** `heddle up --sample`, which is what `npm start` runs, and a network that is stopped and started again. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { planTopology } from "../../../src/network/topology.ts";
import { processesOf, report } from "./faults.ts";
import { freeOffset, heddle, root, type CliResult, type StatusDocument } from "./harness.ts";

const SIZE = { ordererCount: 3, peerCountPerOrganization: 2 };
const SLOW_MACHINE_MS = 120_000;
/** Time for a line that a slow machine still has to work for. */
const LINE_TIMEOUT_MS = 100_000;

let scratch: string;
let directory: string;
let portOffset: number;
const running = new Set<Foreground>();

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), "heddle-restart-"));
  directory = join(scratch, "network");
  portOffset = await freeOffset(SIZE);
});

afterAll(async () => {
  for (const each of running) each.kill();
  await heddle(["down", "--dir", directory]);
  await rm(scratch, { recursive: true, force: true });
}, SLOW_MACHINE_MS);

/** A command in the foreground, and what it has printed so far. */
class Foreground {
  readonly #child: ChildProcess;
  readonly #closed: Promise<unknown>;
  readonly #startMs = performance.now();
  #stdout = "";
  #stderr = "";

  constructor(...args: readonly string[]) {
    const program = join(root, "dist/src/cli/main.js");
    this.#child = spawn(process.execPath, [program, ...args], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#child.stdout!.on("data", (bytes: Buffer) => (this.#stdout += bytes.toString()));
    this.#child.stderr!.on("data", (bytes: Buffer) => (this.#stderr += bytes.toString()));
    this.#closed = once(this.#child, "close").finally(() => running.delete(this));
    running.add(this);
  }

  get stdout(): string {
    return this.#stdout;
  }

  /** Resolves with the time since the start when the output has what is asked for. */
  async untilPrinted(pattern: RegExp): Promise<number> {
    const signal = AbortSignal.timeout(LINE_TIMEOUT_MS);
    while (!pattern.test(this.#stdout)) {
      const ended = this.#closed.then(() => {
        throw this.#unprinted(pattern, "ended");
      });
      await Promise.race([once(this.#child.stdout!, "data", { signal }), ended]).catch(
        (cause: unknown) => {
          throw signal.aborted ? this.#unprinted(pattern, "is silent") : cause;
        },
      );
    }
    return performance.now() - this.#startMs;
  }

  async end(signal: NodeJS.Signals): Promise<number | null> {
    this.#child.kill(signal);
    await this.#closed;
    return this.#child.exitCode;
  }

  kill(): void {
    this.#child.kill("SIGKILL");
  }

  #unprinted(pattern: RegExp, what: string): Error {
    const output = `${this.#stdout}\n${this.#stderr}`;
    return new Error(`the program ${what} and did not print ${String(pattern)}:\n${output}`);
  }
}

async function must(...args: readonly string[]): Promise<CliResult> {
  const result = await heddle([...args, "--dir", directory]);
  expect(result, args.join(" ")).toMatchObject({ code: 0 });
  return result;
}

async function height(): Promise<number> {
  const { stdout } = await heddle(["status", "--dir", directory, "--json"]);
  const { nodes } = JSON.parse(stdout) as StatusDocument;
  return Math.max(...nodes.map(({ figures }) => figures?.height ?? 0));
}

describe("a network in a folder", { timeout: SLOW_MACHINE_MS }, () => {
  test("`up --sample` shows itself and each block, and Ctrl-C ends it all", async () => {
    const up = new Foreground(
      ...["up", "--sample", "--dir", directory, "--port-offset", String(portOffset)],
    );
    const committedMs = await up.untilPrinted(/✔ committed a transaction of 'basic' in block \d+/);
    report(`restart: first commit ${committedMs.toFixed(0)} ms after the start of a new network`);
    await up.untilPrinted(/blocks as they are committed/);
    const { orderers, organizations } = planTopology({ ...SIZE, portOffset });
    for (const site of [...orderers, ...organizations.flatMap(({ peers }) => peers)]) {
      expect(up.stdout).toMatch(
        new RegExp(`^${site.name} +(orderer|peer) +\\w+MSP +localhost:${site.port} `, "m"),
      );
    }
    expect(up.stdout).toMatch(/^ *export CORE_PEER_TLS_ENABLED=true .*CORE_PEER_MSPCONFIGPATH=/m);
    expect(up.stdout).toMatch(/^ *const client = new grpc\.Client\("localhost:\d+"/m);

    await must("invoke", "basic", "CreateAsset", "kept", "red", "1", "Ann", "7");
    await up.untilPrinted(/^#\d+ +mychannel +1 tx +✔1 +basic$/m);
    expect(await processesOf(directory)).not.toEqual([]);
    expect(await up.end("SIGINT")).toBe(0);
    expect(await processesOf(directory)).toEqual([]);
  });

  test("goes on where it stopped, and does not deploy the sample again", async () => {
    const startMs = performance.now();
    await must("up", "--detach");
    report(`restart: up again after ${(performance.now() - startMs).toFixed(0)} ms`);
    const before = await height();
    await must("invoke", "basic", "TransferAsset", "kept", "Ben");
    await must("down");
    expect(await processesOf(directory)).toEqual([]);

    const again = await must("up", "--sample", "--detach");
    expect(again.stderr).not.toContain("installing");
    const { stdout } = await must("query", "basic", "ReadAsset", "kept", "--json");
    expect(JSON.parse(stdout)).toMatchObject({ result: { ID: "kept", Owner: "Ben" } });
    // The transfer and the sample's own transaction.
    expect(await height()).toBe(before + 2);
    await must("down");
    expect(await processesOf(directory)).toEqual([]);
  });

  test("Ctrl-C while the nodes start ends those that have started", async () => {
    const up = new Foreground("up", "--dir", directory);
    await waitForProcesses();
    expect(await up.end("SIGINT")).toBe(0);
    expect(await processesOf(directory)).toEqual([]);
  });
});

async function waitForProcesses(): Promise<void> {
  const deadlineMs = performance.now() + LINE_TIMEOUT_MS;
  while ((await processesOf(directory)).length === 0) {
    if (performance.now() > deadlineMs) throw new Error("no node was started");
    await delay(20);
  }
}
