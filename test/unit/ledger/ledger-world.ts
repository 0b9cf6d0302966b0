import type { Clock } from "../../../src/kernel/ports/clock.ts";
import { silentLogger, type Logger } from "../../../src/kernel/ports/logger.ts";
import { silentMeter } from "../../../src/kernel/ports/meter.ts";
import {
  Ledger,
  TransientStore,
  type LedgerDeps,
  type TxSimulator,
} from "../../../src/ledger/index.ts";
import { type Block, TxValidationCode } from "../../../src/wire/index.ts";
import { FaultPlan } from "../../../src/sim/ports/fault-plan.ts";
import { MemoryKvDisk, MemoryKvStore } from "../../../src/sim/ports/memory-kv-store.ts";
import { SeededRandom } from "../../sim/ports/seeded-random.ts";
import { SimulatedFiles } from "../../../src/sim/ports/simulated-files.ts";
import { SimulatedTime } from "../../../src/sim/ports/simulated-time.ts";
import { configEnvelope, endorserEnvelope, nextBlock } from "./block-builder.ts";

const CHANNEL = "ch";
const stoppedClock: Clock = { monotonicMs: () => 0, wallMs: () => 0 };

/** One peer's disk, on which a ledger can be opened again and again. */
export class LedgerWorld {
  readonly faults: FaultPlan = new FaultPlan();
  readonly files: SimulatedFiles;
  readonly time: SimulatedTime = new SimulatedTime();
  readonly #random: SeededRandom;
  #kvDisk = new MemoryKvDisk();
  state: MemoryKvStore;

  constructor(seed = 1) {
    this.#random = new SeededRandom(seed);
    this.files = new SimulatedFiles({ random: this.#random, faults: this.faults });
    this.state = this.#openState();
  }

  open(
    changes: { logger?: Logger } & Pick<LedgerDeps, "keepsCollection" | "beforeRecovery"> = {},
  ): Promise<Ledger> {
    return Ledger.open(
      {
        files: this.files,
        directory: `/ledger/${CHANNEL}`,
        state: this.state,
        clock: stoppedClock,
        timers: this.time,
        logger: silentLogger,
        meter: silentMeter,
        ...changes,
      },
      CHANNEL,
    );
  }

  get transient(): TransientStore {
    return new TransientStore({ state: this.state }, CHANNEL);
  }

  powerLoss(): void {
    this.files.powerLoss();
    this.state = this.#openState();
  }

  /** The state's disk is replaced by an empty one; the blocks stay. */
  loseState(): void {
    this.#kvDisk = new MemoryKvDisk();
    this.state = this.#openState();
  }

  /** All that the store holds, for comparison. */
  dump(): readonly (readonly [string, string])[] {
    return [...this.state.range({ start: new Uint8Array(0) })].map(
      ({ key, value }) => [key.join(), value.join()] as const,
    );
  }

  #openState(): MemoryKvStore {
    return new MemoryKvStore({ disk: this.#kvDisk, faults: this.faults, random: this.#random });
  }
}

export function genesis(): Block {
  return nextBlock(undefined, [configEnvelope("", Uint8Array.of(1, 2, 3))]);
}

/** A transaction made by running `run` on the ledger's state as it is now. */
export function simulated(
  ledger: Ledger,
  txId: string,
  run: (simulator: TxSimulator) => void,
): { readonly envelope: Uint8Array; readonly privateBytes: Uint8Array | undefined } {
  const simulator = ledger.simulate();
  run(simulator);
  const { publicBytes, privateBytes } = simulator.results();
  simulator.close();
  return { envelope: endorserEnvelope({ txId, results: publicBytes }), privateBytes };
}

export function allValid(block: Block): readonly TxValidationCode[] {
  return block.data!.data.map(() => TxValidationCode.VALID);
}
