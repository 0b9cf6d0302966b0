import { ChannelConfigRef, isConfigBlock, lastConfigNumber } from "../../../src/channel/index.ts";
import { sha256 } from "../../../src/crypto/index.ts";
import { errorMessage } from "../../../src/kernel/error.ts";
import { utf8 } from "../../../src/kernel/bytes.ts";
import { silentLogger } from "../../../src/kernel/ports/logger.ts";
import { silentMeter } from "../../../src/kernel/ports/meter.ts";
import type { Random } from "../../../src/kernel/ports/random.ts";
import { sleep } from "../../../src/kernel/sleep.ts";
import { BlockStore } from "../../../src/ledger/index.ts";
import {
  SubmitRequest,
  decode,
  encode,
  type Block,
  type Envelope,
} from "../../../src/wire/index.ts";
import {
  BlockWriter,
  OrderingChain,
  lingeringId,
  membershipAfter,
  type OrderResult,
} from "../../../cluster/ordering/index.ts";
import { recordOf } from "../../../cluster/ordering/core/block-assembly.ts";
import type { Membership } from "../../../cluster/ordering/core/membership.ts";
import { formerMembers } from "../../../cluster/ordering/former-members.ts";
import { transactionKey } from "../../../cluster/ordering/core/transaction-key.ts";
import { membersOf } from "../../../cluster/ordering/members.ts";
import type { FindNewerMembers } from "../../../cluster/ordering/newer-members.ts";
import { OrdererGroup } from "../../../cluster/ordering/orderer-group.ts";
import { tuningOf } from "../../../cluster/ordering/raft-tuning.ts";
import {
  RaftReplica,
  decodeRaftMessage,
  encodeRaftMessage,
  recordRelease,
  type ClusterMember,
} from "../../../cluster/replica/index.ts";
import { SimulatedFiles } from "../../../src/sim/ports/simulated-files.ts";
import type { SimulatedTime } from "../../../src/sim/ports/simulated-time.ts";
import { MortalTimers } from "../replica/mortal-timers.ts";
import type { SimulatedNetwork } from "../replica/network.ts";
import { slowFiles } from "../replica/slow-files.ts";
import {
  CHANNEL,
  SimulatedConfigUpdates,
  contentOf,
  contentOfBlock,
  genesisBlock,
  type Certificates,
  type Change,
  type Consenter,
  type Content,
} from "./simulated-config.ts";

const SEGMENT_BYTES = 16 * 512;
const FETCH_PAUSE_MS = 20;
const LOOK_MISSES_MAX = 20;
const SUSPICION_MS = 2_000;

/** The block from another machine that is up and can be reached; `undefined` while there is none. */
export type FetchBlock = (from: number, number: number) => Promise<Block | undefined>;

/** What consenters and followers have: everything that a crash takes away. */
interface Process {
  readonly timers: MortalTimers;
  readonly closing: AbortController;
  readonly blocks: BlockStore;
  /** Of a consenter. */
  readonly part: Part | undefined;
}

interface Part {
  readonly raftId: number;
  readonly config: ChannelConfigRef;
  readonly replica: RaftReplica;
  readonly chain: OrderingChain;
  readonly group: OrdererGroup;
  readonly updates: SimulatedConfigUpdates;
}

export interface MachineDeps {
  readonly time: SimulatedTime;
  readonly network: SimulatedNetwork;
  readonly random: Random;
  readonly certificates: Certificates;
  readonly fetch: FetchBlock;
  /** Whether machine `by` is up, can be reached, and refuses what machine `caller` sends. */
  readonly isRefused: (caller: number, by: number) => boolean;
}

/** What a machine begins with. */
interface Standing {
  readonly content: Content;
  readonly membership: Membership;
  readonly newest: Block;
  readonly raftId: number;
}

/**
 * One machine that orders while the configuration names the certificate that it presents, and follows otherwise: replica,
 * log, chain, group and block store as shipped, over simulated ports.
 */
export class Machine {
  readonly number: number;
  readonly files: SimulatedFiles;
  /** Of the certificate that it presents from its next start on. */
  version = 0;
  evictionCount = 0;
  readonly #deps: MachineDeps;
  /** What went wrong without a crash. */
  failure: unknown;
  #process: Process | undefined;
  // Of the start under way.
  #starting: MortalTimers | undefined;
  #presented = 0;
  // Who it takes messages from, and where each member is.
  #admitted: readonly ClusterMember[] = [];
  #places = new Map<number, Consenter>();

  constructor(number: number, deps: MachineDeps) {
    this.number = number;
    this.#deps = deps;
    this.files = new SimulatedFiles({ random: deps.random });
  }

  get isUp(): boolean {
    return this.#process !== undefined || this.#starting !== undefined;
  }

  get isConsenter(): boolean {
    return this.#process?.part !== undefined;
  }

  get isLeader(): boolean {
    return this.#process?.part?.replica.leadership.role === "leader";
  }

  /** The version of the certificate that it presents now. */
  get presented(): number {
    return this.#presented;
  }

  get voters(): readonly number[] {
    return this.#process?.part?.replica.status().configuration.voters ?? [];
  }

  /** For whoever reads of a failed run. */
  get description(): string {
    const { part } = this.#process ?? {};
    const what =
      part === undefined
        ? "follows"
        : JSON.stringify({
            raftId: part.raftId,
            ...part.replica.leadership,
            standsBy: part.replica.standsBy,
            voters: this.voters,
            consenters: part.group.membership().consenterIds,
            presents: this.#presented,
            places: [...this.#places].map(([id, { machine, version }]) => [id, machine, version]),
            commit: part.replica.status().commitIndex,
            last: part.replica.status().lastIndex,
          });
    const failed = this.failure === undefined ? "" : `, failed: ${errorMessage(this.failure)}`;
    return `machine ${this.number}: ${this.height} blocks, ${this.isUp ? what : "down"}${failed}`;
  }

  get pending(): string | undefined {
    return this.#process?.part?.group.pending()?.reason;
  }

  /** By its own blocks. */
  get content(): Content | undefined {
    const config = this.#process?.part?.config.current();
    return config && contentOf(config);
  }

  get height(): number {
    return this.#process?.blocks.height ?? 0;
  }

  block(number: number): Promise<Block | undefined> {
    return this.#process?.blocks.read(number) ?? Promise.resolve(undefined);
  }

  order(envelope: Envelope): Promise<OrderResult> {
    const part = this.#process?.part;
    if (part === undefined) return Promise.resolve(DOWN);
    return part.chain.order(envelope, part.config.current().sequence);
  }

  update(change: Change): Promise<OrderResult> {
    const part = this.#process?.part;
    if (part === undefined) return Promise.resolve(DOWN);
    const verdict = part.updates.process(change);
    if (verdict.kind === "refused") {
      return Promise.resolve({ kind: "unavailable", info: verdict.refusal.info });
    }
    return part.chain.order(verdict.envelope, verdict.configSequence);
  }

  async start(): Promise<void> {
    const timers = new MortalTimers(this.#deps.time);
    this.#starting = timers;
    this.#presented = this.version;
    const files = slowFiles(this.files, timers, this.#deps.random, {
      delayMsMax: 8,
      lyingDirectory: undefined,
    });
    const blocks = await BlockStore.open({
      files,
      timers,
      directory: "/blocks",
      logger: silentLogger,
    });
    if (blocks.height === 0) await blocks.append(genesisBlock());
    const content = await newestContent(blocks);
    const closing = new AbortController();
    const base = { timers, closing, blocks };
    const consenter = { machine: this.number, version: this.#presented };
    const place = content.consenters.findIndex(
      ({ machine, version }) => machine === consenter.machine && version === consenter.version,
    );
    const newest = (await blocks.read(blocks.height - 1))!;
    const membership = membershipAfter(newest, this.#deps.certificates.configOf(content));
    const raftId =
      membership.consenterIds[place] ?? (await lingeringId(files, "", CHANNEL, membership));
    if (raftId !== undefined)
      await this.#takePart(base, files, { content, membership, newest, raftId });
    else {
      this.#process = { ...base, part: undefined };
      this.#starting = undefined;
      this.#watch(timers, this.#follow(base));
    }
  }

  /** The power goes: everything that was not flushed may be lost. */
  crash(): void {
    const process = this.#process;
    process?.timers.kill();
    process?.closing.abort();
    this.#starting?.kill();
    this.#starting = undefined;
    this.#deps.network.leave(this.number);
    this.files.faults.crashNow();
    process?.part?.group.stop();
    process?.part?.chain.close();
    this.#process = undefined;
  }

  async restart(): Promise<void> {
    this.files.powerLoss();
    await this.start();
  }

  // Until the configuration names it.
  async #follow({ timers, blocks, closing }: Omit<Process, "part">): Promise<void> {
    const isOver = (): boolean => closing.signal.aborted;
    for (;;) {
      const block = await this.#deps.fetch(this.number, blocks.height);
      if (isOver()) return;
      if (block === undefined) {
        await sleep(timers, FETCH_PAUSE_MS, closing.signal);
        continue;
      }
      await blocks.append(block);
      if (!isConfigBlock(block) || isOver()) continue;
      const isNamed = contentOfBlock(block).consenters.some(
        ({ machine, version }) => machine === this.number && version === this.#presented,
      );
      if (!isNamed) continue;
      await this.#startAnew(blocks);
      return;
    }
  }

  async #takePart(
    base: Omit<Process, "part">,
    files: ReturnType<typeof slowFiles>,
    { content, membership, newest, raftId }: Standing,
  ): Promise<void> {
    const { time, random, certificates } = this.#deps;
    const { timers, blocks } = base;
    const logger = silentLogger;
    const config = new ChannelConfigRef(certificates.configOf(content));
    const members = membersOf(config.current(), membership.consenterIds);
    const serverTlsCert = certificates.pem({ machine: this.number, version: this.#presented });
    const link = {
      send: (message: Parameters<typeof encodeRaftMessage>[0]): void => {
        this.#send(message.to, 0, encodeRaftMessage(message));
      },
      submit: (to: number, request: SubmitRequest): boolean => {
        this.#send(to, 1, encode(SubmitRequest, request));
        return true;
      },
      isSubmitting: () => false,
      // Nobody is told who answers: only leaders judge changes here.
      announce: () => undefined,
      reconfigure: (next: readonly ClusterMember[]): void => {
        this.#places = placesOf(next, certificates);
      },
    };
    const cluster = {
      reconfigure: (_: string, next: readonly ClusterMember[]): void => {
        this.#admitted = next;
      },
    };
    const world = { files, clock: time, timers, random, logger, meter: silentMeter };
    const replica = await RaftReplica.open(
      { ...world, transport: link },
      {
        channelId: CHANNEL,
        raftId,
        voters: [...new Set([...membership.consenterIds, raftId])],
        directory: "/raft",
        segmentBytes: SEGMENT_BYTES,
        diskFreeBytesMin: 0,
        ...tuningOf(config.current())!,
      },
      recordOf(newest)?.raftIndex ?? 0,
    );
    const { voters } = replica.status().configuration;
    const formerIds = [...voters, raftId].filter((id) => !membership.consenterIds.includes(id));
    const former = await formerMembers(
      { blocks, configOf: (block) => certificates.configOf(contentOfBlock(block)) },
      newest,
      new Set(formerIds),
    );
    link.reconfigure(members);
    this.#admitted = [...former, ...members];
    const writer = new BlockWriter(
      { blocks, config, signer: signerOf(this.number), random },
      membership,
      newest,
    );
    const pull = async (last: number, signal: AbortSignal): Promise<void> => {
      while (blocks.height <= last && !signal.aborted) {
        const block = await this.#deps.fetch(this.number, blocks.height);
        if (block === undefined) {
          await sleep(timers, FETCH_PAUSE_MS, signal);
          continue;
        }
        await blocks.append(block);
        writer.stored(block);
        chain.remember(block.header!.number, keysOf(block));
        if (isConfigBlock(block)) config.replace(certificates.configOf(contentOfBlock(block)));
      }
    };
    const group: OrdererGroup = new OrdererGroup(
      {
        ...world,
        replica,
        link,
        cluster,
        writer,
        config,
        suspicion: {
          releasedBy: (known) => this.#releasedBy(raftId, blocks.height, known),
        },
        findNewerMembers: (found, signal) => this.#findNewer(timers, blocks.height, found, signal),
        retire: async (number, signal): Promise<boolean> => {
          chain.close();
          await replica.close();
          if (number !== undefined) {
            await pull(number, signal);
            this.evictionCount += 1;
          }
          if (!signal.aborted) await recordRelease(files, "/raft", `${CHANNEL}/${raftId}`);
          return !signal.aborted;
        },
      },
      {
        channelId: CHANNEL,
        raftId,
        serverTlsCert,
        members,
        formerMembers: former,
        cutOffIds: new Set(),
        evictionSuspicionMs: SUSPICION_MS,
      },
    );
    const updates = new SimulatedConfigUpdates(
      certificates,
      () => config.current(),
      () => group,
    );
    const chain: OrderingChain = new OrderingChain(
      {
        ...world,
        log: replica,
        link,
        writer,
        config,
        configUpdates: updates,
        missing: { pullTo: (target, signal) => pull(target.header!.number, signal) },
        validator: {
          validate: () =>
            Promise.resolve({
              kind: "valid",
              configSequence: config.current().sequence,
            } as never),
        },
      },
      { channelId: CHANNEL, raftId, submitTimeoutMs: 5_000 },
    );
    for (let number = 1; number < blocks.height; number += 1) {
      chain.remember(number, keysOf((await blocks.read(number))!));
    }
    const part = { raftId, config, replica, chain, group, updates };
    const process = { ...base, part };
    this.#process = process;
    this.#starting = undefined;
    this.#deps.network.listen(this.number, (_, bytes) => {
      this.#receive(part, bytes);
    });
    replica.start(chain);
    group.start();
    this.#watch(
      timers,
      group.left.then(() => this.#leave(process)),
    );
  }

  // What fails in a process that has crashed is no failure.
  #watch(timers: MortalTimers, work: Promise<void>): void {
    work.catch((error: unknown) => {
      if (!timers.isDead) this.failure ??= error;
    });
  }

  async #leave({ closing, blocks, part }: Process): Promise<void> {
    if (closing.signal.aborted) return;
    closing.abort();
    this.#deps.network.leave(this.number);
    part?.chain.close();
    await part?.replica.close();
    await this.#startAnew(blocks);
  }

  async #startAnew(blocks: BlockStore): Promise<void> {
    await blocks.close();
    if (this.#process?.blocks !== blocks) return;
    this.#process.timers.kill();
    this.#process = undefined;
    await this.start();
  }

  // As `newerMembersIn`, of blocks that come from a machine and need no proof.
  async #findNewer(
    timers: MortalTimers,
    height: number,
    found: Parameters<FindNewerMembers>[0],
    signal: AbortSignal,
  ): Promise<void> {
    let next = height;
    for (let misses = 0; misses < LOOK_MISSES_MAX && !signal.aborted;) {
      const block = await this.#deps.fetch(this.number, next);
      if (block === undefined) {
        misses += 1;
        await sleep(timers, FETCH_PAUSE_MS, signal);
        continue;
      }
      next += 1;
      if (!isConfigBlock(block)) continue;
      const config = this.#deps.certificates.configOf(contentOfBlock(block));
      const { consenterIds } = recordOf(block)!;
      found({ sequence: config.sequence, members: membersOf(config, consenterIds) });
    }
  }

  // As `EvictionSuspicion`, of blocks that come from a machine and need no proof.
  async #releasedBy(
    raftId: number,
    height: number,
    { consenterIds }: Membership,
  ): Promise<number | undefined> {
    let known = consenterIds;
    let removal = known.includes(raftId) ? undefined : height - 1;
    let config: Content | undefined = this.content;
    let self = await this.#lastNaming(height);
    for (let number = height; ; number += 1) {
      const block = await this.#deps.fetch(this.number, number);
      if (block === undefined) break;
      const after = recordOf(block)!.consenterIds;
      const before = config;
      if (isConfigBlock(block)) config = contentOfBlock(block);
      if (removal !== undefined && after.join() !== known.join()) return removal;
      if (removal === undefined && !after.includes(raftId)) {
        removal = number;
        self = before;
      }
      known = after;
    }
    if (removal === undefined || config === undefined || !this.#isNamedIn(self)) return undefined;
    const refusals = config.consenters.filter(({ machine }) =>
      this.#deps.isRefused(this.number, machine),
    );
    return refusals.length > config.consenters.length / 2 ? removal : undefined;
  }

  // The newest of the first `height` configurations that names this machine.
  async #lastNaming(height: number): Promise<Content | undefined> {
    for (let number = height - 1; number >= 0; number -= 1) {
      const block = await this.block(number);
      if (block === undefined || !isConfigBlock(block)) continue;
      const content = contentOfBlock(block);
      if (content.consenters.some(({ machine }) => machine === this.number)) return content;
    }
    return undefined;
  }

  #isNamedIn(content: Content | undefined): boolean {
    const consenters = content?.consenters ?? [];
    return consenters.some(
      ({ machine, version }) => machine === this.number && version === this.#presented,
    );
  }

  /** Whether it is up, takes part, and takes nothing from a machine that presents this certificate. */
  refuses(caller: Machine): boolean {
    if (this.#process?.part === undefined) return false;
    const pem = this.#deps.certificates.pem({ machine: caller.number, version: caller.presented });
    return this.#admitted.every(({ clientTlsCertPem }) => clientTlsCertPem !== pem);
  }

  // Says who calls by the certificate that it presents, and whom by the one that it demands.
  #send(to: number, kind: number, bytes: Uint8Array): void {
    const place = this.#places.get(to);
    if (place === undefined) return;
    const header = Uint8Array.of(kind, this.number, this.#presented, place.version);
    this.#deps.network.send(this.number, place.machine, Uint8Array.of(...header, ...bytes));
  }

  #receive({ chain, group, replica }: Part, bytes: Uint8Array): void {
    const pem = this.#deps.certificates.pem({ machine: bytes[1]!, version: bytes[2]! });
    // The newest of those who present it counts, as at the service.
    const from = this.#admitted.findLast((member) => member.clientTlsCertPem === pem)?.raftId;
    if (from === undefined || bytes[3] !== this.#presented) return;
    const body = bytes.subarray(4);
    if (bytes[0] === 1) {
      chain.submit(from, decode(SubmitRequest, body));
      return;
    }
    const reading = decodeRaftMessage(body);
    if (reading.kind !== "message" || reading.message.from !== from) return;
    group.heard(from);
    replica.receive(reading.message);
  }
}

const DOWN = { kind: "unavailable", info: "the orderer is down" } as const;

async function newestContent(blocks: BlockStore): Promise<Content> {
  const newest = (await blocks.read(blocks.height - 1))!;
  const number = blocks.height === 1 ? 0 : lastConfigNumber(newest)!;
  return contentOfBlock((await blocks.read(number))!);
}

function placesOf(
  members: readonly ClusterMember[],
  certificates: Certificates,
): Map<number, Consenter> {
  return new Map(
    members.map(({ raftId, serverTlsCertPem }) => [raftId, certificates.owner(serverTlsCertPem)]),
  );
}

function keysOf(block: Block): readonly string[] {
  return block.data!.data.map((bytes) => transactionKey(bytes));
}

function signerOf(number: number): ConstructorParameters<typeof BlockWriter>[0]["signer"] {
  const identity = utf8(`orderer ${number}`);
  return {
    mspId: "OrdererMSP",
    identity,
    sign: (bytes) => Promise.resolve(sha256(identity, bytes)),
  };
}
