/** `heddle orderer wal` on logs that are sound, torn, damaged and being written. */
import { mkdtemp, mkdir, open, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { WriteAheadLog } from "../../../cluster/replica/index.ts";
import { nodeFiles } from "../../../src/kernel/adapters/node-files.ts";
import { utf8 } from "../../../src/kernel/bytes.ts";
import { silentLogger } from "../../../src/kernel/ports/logger.ts";
import { heddle, root, type CliResult } from "../network/harness.ts";

const SLOW_MACHINE_MS = 300_000;
const SEGMENT = "wal-0000000000000000.heddle";
const SECTOR = 512;
const ENTRIES = 5;

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "heddle-wal-"));
  const config = await readFile(join(root, "config/node/orderer.yaml"), "utf8");
  await writeFile(join(folder, "orderer.yaml"), config);
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

function logOf(channel: string): string {
  return join(folder, "data/channels", channel, "raft");
}

async function openLog(channel: string): Promise<WriteAheadLog> {
  const directory = logOf(channel);
  await mkdir(directory, { recursive: true });
  const { log } = await WriteAheadLog.open(
    { files: nodeFiles, logger: silentLogger },
    { directory, owner: `${channel}/2`, segmentBytes: 128 * SECTOR },
  );
  return log;
}

async function append(
  log: WriteAheadLog,
  index: number,
  data: Uint8Array = utf8(`entry ${index}`),
): Promise<void> {
  const hardState = { term: 3, votedFor: 1, commit: index - 1 };
  const entry = { type: "normal", index, term: 3, data } as const;
  await log.append({ hardState, entries: [entry] });
}

async function writeLog(channel: string): Promise<void> {
  const log = await openLog(channel);
  for (let index = 1; index <= ENTRIES; index += 1) await append(log, index);
  await log.close();
}

async function overwrite(channel: string, offset: number, bytes: Uint8Array): Promise<void> {
  const file = await open(join(logOf(channel), SEGMENT), "r+");
  await file.write(bytes, 0, bytes.length, offset);
  await file.close();
}

function wal(...args: readonly string[]): Promise<CliResult> {
  return heddle(["orderer", "wal", ...args]);
}

interface Document {
  readonly logs: readonly Record<string, unknown>[];
}

function documentOf({ stdout }: CliResult): Document {
  return JSON.parse(stdout) as Document;
}

describe("heddle orderer wal", { timeout: SLOW_MACHINE_MS }, () => {
  test("shows a sound log, in one and the same form", async () => {
    await writeLog("ch1");
    const result = await wal("inspect", logOf("ch1"), "--json");
    expect(result.code).toBe(0);
    expect(documentOf(result)).toEqual({
      logs: [
        {
          directory: logOf("ch1"),
          owner: "ch1/2",
          segments: [
            {
              file: SEGMENT,
              frames: ENTRIES,
              firstIndex: 1,
              lastIndex: ENTRIES,
              usedBytes: (1 + ENTRIES) * SECTOR,
              bytes: 128 * SECTOR,
              tail: "clean",
            },
          ],
          hardState: { term: 3, votedFor: 1, commit: 4 },
          snapshot: null,
          firstIndex: 1,
          lastIndex: ENTRIES,
          forgotten: null,
          tornBytes: 0,
          fault: null,
          asideFiles: [],
        },
      ],
    });
    const text = await wal("inspect", logOf("ch1"));
    expect(text.stdout).toContain("state      term 3, vote 1, commit 4\n");
  });

  test("takes all logs of an orderer's configuration, and fails when one is damaged", async () => {
    await writeLog("ch1");
    await writeLog("ch2");
    await mkdir(join(folder, "data/channels/followed/blocks"), { recursive: true });
    const config = join(folder, "orderer.yaml");
    const sound = await wal("verify", "--config", config);
    expect([sound.code, sound.stderr]).toEqual([0, ""]);
    expect(sound.stdout.match(/1 segment is sound, up to entry 5/g)).toHaveLength(2);

    await overwrite("ch2", 2 * SECTOR + 40, Uint8Array.of(0xff));
    const damaged = await wal("verify", "--config", config);
    expect(damaged.code).toBe(1);
    const place = `${join(logOf("ch2"), SEGMENT)} is damaged at offset ${2 * SECTOR}`;
    expect(damaged.stdout).toContain(place);
    expect(damaged.stdout).toContain(`${logOf("ch1")}: 1 segment is sound`);
    const report = await wal("inspect", "--config", config, "--json");
    expect(report.code).toBe(0);
    expect(documentOf(report).logs.map(({ fault }) => fault)).toEqual([
      null,
      expect.objectContaining({ offset: 2 * SECTOR }),
    ]);
  });

  test("tells an end that a crash tore from damage", async () => {
    await writeLog("ch1");
    const log = await openLog("ch1");
    await append(log, ENTRIES + 1, new Uint8Array(3 * SECTOR).fill(7));
    await log.close();
    // Of its sectors one was not written before the power went.
    await overwrite("ch1", (ENTRIES + 3) * SECTOR, new Uint8Array(SECTOR));
    const torn = await wal("verify", logOf("ch1"), "--json");
    expect(torn.code).toBe(0);
    expect(documentOf(torn).logs[0]).toMatchObject({ lastIndex: ENTRIES, fault: null });
    expect(documentOf(torn).logs[0]!["tornBytes"]).toBeGreaterThan(0);
  });

  test("reads the log of a node that runs, and changes nothing", async () => {
    const log = await openLog("ch1");
    let index = 0;
    const state = { isDone: false };
    const writing = (async () => {
      while (!state.isDone && index < 100) {
        await append(log, (index += 1));
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    })();
    const result = await wal("verify", logOf("ch1"), "--json");
    state.isDone = true;
    await writing;
    await log.close();
    expect([result.code, result.stderr]).toEqual([0, ""]);
    expect(documentOf(result).logs[0]).toMatchObject({ fault: null, owner: "ch1/2" });
    const after = await openLog("ch1");
    await append(after, index + 1);
    await after.close();
    const [report] = documentOf(await wal("inspect", logOf("ch1"), "--json")).logs;
    expect(report).toMatchObject({ lastIndex: index + 1, tornBytes: 0, fault: null });
  });

  test("says what to name when there is no log, or two answers to which", async () => {
    const none = await wal("inspect", folder);
    expect([none.code, none.stderr]).toEqual([
      1,
      `error: there is no log in ${folder}; name a channel's directory raft/\n`,
    ]);
    const config = join(folder, "orderer.yaml");
    for (const args of [[], [folder, "--config", config]]) {
      const result = await wal("verify", ...args);
      expect([result.code, result.stderr]).toEqual([
        1,
        "error: name either a directory or an orderer's configuration with --config\n",
      ]);
    }
    const empty = await wal("verify", "--config", config);
    expect(empty.stderr).toContain("orders no channel");
  });
});
