import type { OrderedMessage } from "../../../cluster/ordering/core/block-cutter.ts";
import type { GatheringLimits } from "../../../cluster/ordering/core/gathering.ts";
import { LeaderPipeline } from "../../../cluster/ordering/core/leader-pipeline.ts";

// What a transaction and a block cost a network of seven processes on two cores, in milliseconds of CPU.
const CORES = 2;
const PEERS = 4;
const ENDORSERS = 2;
const ENDORSE_MS = 3.5;
const ORDER_BLOCK_MS = 5;
const ORDER_TRANSACTION_MS = 1;
const COMMIT_BLOCK_MS = 4.5;
const COMMIT_TRANSACTION_MS = 1.5;
// Time that passes without work: disks and wires.
const FLUSH_MS = 2;
const BATCH = { messageCountMax: 500, preferredBytesMax: 2_000_000 };

export interface LoopOptions {
  /** Each sends its next transaction when the one before is committed. */
  readonly clients: number;
  readonly gathering: GatheringLimits;
  /** What a client does in between. Default 0. */
  readonly thinkMs?: number;
  readonly durationMs?: number;
}

export interface LoopFigures {
  readonly perSecond: number;
  readonly perBlock: number;
  /** Mean time from sending to commitment. */
  readonly latencyMs: number;
  /** Mean time from arrival at the leader to the block's application there. */
  readonly orderMs: number;
}

interface Event {
  readonly atMs: number;
  readonly number: number;
  readonly run: () => void;
}

interface Job {
  leftMs: number;
  readonly done: () => void;
}

interface Transaction {
  readonly sentMs: number;
  readonly arrivedMs: number;
}

/** Closed-loop clients around a leader's pipeline, in virtual time. The second half of the run is measured. */
export function runClosedLoop(options: LoopOptions): LoopFigures {
  return new ClosedLoop(options).run();
}

class ClosedLoop {
  readonly #options: LoopOptions;
  readonly #durationMs: number;
  readonly #pipeline: LeaderPipeline;
  readonly #waiting: Transaction[] = [];
  // One process for all orderers, then the peers.
  readonly #processes: Job[][] = Array.from({ length: 1 + PEERS }, () => []);
  #events: Event[] = [];
  #eventCount = 0;
  #sentCount = 0;
  #nowMs = 0;
  #appliedMs = 0;
  readonly #figures = { count: 0, blocks: 0, latencyMs: 0, orderMs: 0 };

  constructor(options: LoopOptions) {
    this.#options = options;
    this.#durationMs = options.durationMs ?? 60_000;
    this.#pipeline = new LeaderPipeline(
      { number: 0, hash: new Uint8Array(32) },
      {
        blocksInFlightMax: 5,
        waitingCountMax: 10_000,
        waitingBytesMax: 10_000_000,
        ...options.gathering,
      },
    );
  }

  run(): LoopFigures {
    for (let client = 0; client < this.#options.clients; client += 1)
      this.#at(client, () => {
        this.#send();
      });
    while (this.#nowMs < this.#durationMs) this.#step();
    const { count, blocks, latencyMs, orderMs } = this.#figures;
    return {
      perSecond: count / (this.#durationMs / 2_000),
      perBlock: count / blocks,
      latencyMs: latencyMs / count,
      orderMs: orderMs / count,
    };
  }

  #send(): void {
    const sentMs = this.#nowMs;
    this.#sentCount += 1;
    let endorsed = 0;
    for (let count = 0; count < ENDORSERS; count += 1) {
      this.#work(1 + ((this.#sentCount + count) % PEERS), ENDORSE_MS, () => {
        endorsed += 1;
        if (endorsed === ENDORSERS) this.#arrive(sentMs);
      });
    }
  }

  #arrive(sentMs: number): void {
    this.#work(0, ORDER_TRANSACTION_MS, () => {
      this.#waiting.push({ sentMs, arrivedMs: this.#nowMs });
      this.#pipeline.add(MESSAGE, BATCH, this.#nowMs);
      this.#advance();
    });
  }

  #advance(): void {
    for (let block = this.#due(); block !== undefined; block = this.#due()) {
      this.#pipeline.proposed(this.#nowMs);
      this.#propose(block.header.number, this.#waiting.splice(0, block.data.data.length));
    }
    const cutAtMs = this.#pipeline.cutAtMs();
    if (cutAtMs === undefined) return;
    this.#at(cutAtMs, () => {
      if ((this.#pipeline.cutAtMs() ?? Infinity) <= this.#nowMs) this.#advance();
    });
  }

  #due(): ReturnType<LeaderPipeline["due"]> {
    return this.#pipeline.due(this.#nowMs);
  }

  #propose(number: number, batch: readonly Transaction[]): void {
    this.#work(0, ORDER_BLOCK_MS, () => {
      this.#appliedMs = Math.max(this.#appliedMs, this.#nowMs + FLUSH_MS);
      this.#at(this.#appliedMs, () => {
        this.#pipeline.applied(number, this.#nowMs);
        this.#commit(batch, this.#nowMs);
        this.#advance();
      });
    });
  }

  #commit(batch: readonly Transaction[], appliedMs: number): void {
    let peers = 0;
    for (let peer = 0; peer < PEERS; peer += 1) {
      this.#work(1 + peer, COMMIT_BLOCK_MS + COMMIT_TRANSACTION_MS * batch.length, () => {
        peers += 1;
        if (peers === PEERS) this.#committed(batch, appliedMs);
      });
    }
  }

  #committed(batch: readonly Transaction[], appliedMs: number): void {
    const isMeasured = this.#nowMs > this.#durationMs / 2;
    if (isMeasured) this.#figures.blocks += 1;
    for (const { sentMs, arrivedMs } of batch) {
      this.#at(this.#nowMs + (this.#options.thinkMs ?? 0), () => {
        this.#send();
      });
      if (!isMeasured) continue;
      this.#figures.count += 1;
      this.#figures.latencyMs += this.#nowMs - sentMs;
      this.#figures.orderMs += appliedMs - arrivedMs;
    }
  }

  // A process does one thing after the other; the processes that have something to do share the cores.
  #work(process: number, leftMs: number, done: () => void): void {
    this.#processes[process]?.push({ leftMs, done });
  }

  #at(atMs: number, run: () => void): void {
    this.#events.push({ atMs, number: (this.#eventCount += 1), run });
    this.#events.sort((a, b) => a.atMs - b.atMs || a.number - b.number);
  }

  // To the next event or the end of the next job, whichever comes first.
  #step(): void {
    const busy = this.#processes.filter((jobs) => jobs.length > 0);
    const speed = Math.min(1, CORES / busy.length);
    const shortestMs = Math.min(...busy.map(([job]) => job?.leftMs ?? 0)) / speed;
    const eventMs = this.#events[0]?.atMs ?? Infinity;
    const elapsedMs = Math.min(shortestMs, eventMs - this.#nowMs);
    this.#nowMs += elapsedMs;
    for (const [job] of busy) if (job !== undefined) job.leftMs -= elapsedMs * speed;
    if (this.#nowMs >= eventMs) this.#events.shift()?.run();
    for (const jobs of busy) {
      if ((jobs[0]?.leftMs ?? 1) < 1e-9) jobs.shift()?.done();
    }
  }
}

const MESSAGE: OrderedMessage = {
  envelope: { payload: new Uint8Array(10), signature: new Uint8Array(0) },
  sizeBytes: 10,
  isConfig: false,
};
