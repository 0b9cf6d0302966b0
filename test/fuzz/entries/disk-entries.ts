/** What a node finds on its disk when it starts. */
import { openChannelRecords } from "../../../cluster/participation/channel-records.ts";
import { ParticipationError } from "../../../cluster/participation/errors.ts";
import { ReplicaError, WriteAheadLog } from "../../../cluster/replica/index.ts";
import { decodeRecords, encodeRecord } from "../../../cluster/replica/wal-record.ts";
import { segmentName } from "../../../cluster/replica/wal-format.ts";
import { initialSnapshot } from "../../../cluster/raft/index.ts";
import { concatBytes, utf8 } from "../../../src/kernel/bytes.ts";
import type { Files } from "../../../src/kernel/ports/files.ts";
import { silentLogger } from "../../../src/kernel/ports/logger.ts";
import { SeededRandom } from "../../../src/kernel/seeded-random.ts";
import { BlockStore, LedgerError } from "../../../src/ledger/index.ts";
import { SimulatedFiles } from "../../../src/sim/ports/simulated-files.ts";
import { SimulatedTime } from "../../../src/sim/ports/simulated-time.ts";
import { Block, tryDecode } from "../../../src/wire/index.ts";
import { sampleChain } from "../../support/sample-blocks.ts";
import { mustHold, unlessRejected, type Entry } from "../entry.ts";
import type { FuzzedChannel } from "./fuzzed-channel.ts";

const LOG = { directory: "/wal", owner: "ch1/1", segmentBytes: 16_384 };
const BLOCKS = "/blocks";
const BLOCK_FILE = `${BLOCKS}/blocks-000000.heddle`;
const ENTRIES = [1, 2, 3].map((index) => ({
  type: "normal" as const,
  index,
  term: 1,
  data: utf8(`entry ${index}`),
}));

export async function diskEntries(channel: FuzzedChannel): Promise<readonly Entry[]> {
  return [await log(), logRecords(), await blockFile(channel), await channelRecords()];
}

function emptyDisk(): SimulatedFiles {
  return new SimulatedFiles({ random: new SeededRandom(1) });
}

async function contentOf(files: Files, path: string): Promise<Uint8Array> {
  const file = await files.open(path, { create: false });
  try {
    return await file.readAt(0, await file.size());
  } finally {
    await file.close();
  }
}

/** A disk with one file. */
async function diskWith(
  directory: string,
  path: string,
  bytes: Uint8Array,
): Promise<SimulatedFiles> {
  const files = emptyDisk();
  await files.makeDirectory(directory);
  const file = await files.open(path, { create: true });
  await file.writeAt(0, bytes);
  await file.close();
  return files;
}

/** Damage is reported, and what is read is a prefix of what was written. */
async function log(): Promise<Entry> {
  const path = `${LOG.directory}/${segmentName(0)}`;
  return {
    name: "write-ahead log",
    form: "bytes",
    samples: [await writtenLog(path)],
    share: 0.1,
    take: async (input) => {
      const files = await diskWith(LOG.directory, path, input);
      return unlessRejected([ReplicaError], async () => {
        const { log: opened, recovered } = await WriteAheadLog.open(
          { files, logger: silentLogger },
          LOG,
        );
        await opened.close();
        const isPrefix = recovered.entries.every(
          ({ index, term }, place) => index === place + 1 && term === 1,
        );
        mustHold(isPrefix, "the log holds what was not written");
      });
    },
  };
}

async function writtenLog(path: string): Promise<Uint8Array> {
  const files = emptyDisk();
  const { log: written } = await WriteAheadLog.open({ files, logger: silentLogger }, LOG);
  for (const entry of ENTRIES) {
    await written.append({ hardState: { term: 1, votedFor: 2, commit: 0 }, entries: [entry] });
  }
  await written.close();
  return contentOf(files, path);
}

function logRecords(): Entry {
  const [entry] = ENTRIES;
  const snapshot = { ...initialSnapshot([1, 2, 3]), data: utf8("state") };
  const records = [
    encodeRecord({ type: "hardState", hardState: { term: 3, votedFor: 1, commit: 2 } }),
    encodeRecord({ type: "entry", entry: entry! }),
    encodeRecord({ type: "snapshot", snapshot, origin: "taken" }),
    encodeRecord({ type: "forgotten", reason: "the log was lost" }),
    encodeRecord({ type: "joined", index: 4 }),
  ].map((parts) => concatBytes(...parts));
  return {
    name: "records of a log",
    form: "bytes",
    samples: [...records, concatBytes(...records)],
    take: (input) => decodeRecords(input) !== undefined,
  };
}

/** Damage is reported, and every block that is served is one that was written, at its place. */
async function blockFile(channel: FuzzedChannel): Promise<Entry> {
  const blocks = await sampleChain(channel, 3);
  const files = emptyDisk();
  const store = await openBlocks(files);
  for (const block of blocks) await store.append(block);
  await store.close();
  return {
    name: "block file",
    form: "bytes",
    samples: [await contentOf(files, BLOCK_FILE)],
    share: 0.1,
    take: async (input) => {
      const disk = await diskWith(BLOCKS, BLOCK_FILE, input);
      return unlessRejected([LedgerError], () => readAll(disk));
    },
  };
}

function openBlocks(files: Files): Promise<BlockStore> {
  const timers = new SimulatedTime();
  return BlockStore.open({ files, timers, directory: BLOCKS, logger: silentLogger });
}

async function readAll(files: Files): Promise<void> {
  const store = await openBlocks(files);
  try {
    for (let number = 0; number < store.height; number += 1) {
      const bytes = await store.readBytes(number);
      const block = bytes && tryDecode(Block, bytes);
      mustHold(block?.header?.number === number, "a block is served that was not written there");
    }
  } finally {
    await store.close();
  }
}

async function channelRecords(): Promise<Entry> {
  const files = emptyDisk();
  const records = await openChannelRecords(files, "/records");
  await records.join.save("ch1", utf8("genesis block"));
  const directory = "/records/join";
  const [name] = await files.list(directory);
  const path = `${directory}/${name ?? ""}`;
  return {
    name: "record of a channel",
    form: "bytes",
    samples: [await contentOf(files, path)],
    share: 0.3,
    take: async (input) => {
      const disk = await diskWith(directory, path, input);
      const found = await openChannelRecords(disk, "/records");
      return unlessRejected([ParticipationError], async () => {
        for (const each of await found.join.names()) await found.join.read(each);
      });
    },
  };
}
