/** Clients that change assets without pause, and remember what they were told. */
import type { Contract, Network } from "@hyperledger/fabric-gateway";
import { setTimeout as delay } from "node:timers/promises";

/** A refused client asks again after this, so that it does not spin while its peer is away. */
const RETRY_PAUSE_MS = 100;
/** Assets that all clients change, so that some of their transactions conflict. */
const SHARED_ASSETS = ["shared-0", "shared-1", "shared-2", "shared-3"];

/** A transaction whose commit the client was told of. */
export interface AcknowledgedTransaction {
  readonly transactionId: string;
  readonly blockNumber: number;
  /** Of the asset that it made; undefined where it changed a shared one. */
  readonly assetId: string | undefined;
  /** When the client began with it and when it was told, as `performance.now()` counts. */
  readonly beganMs: number;
  readonly toldMs: number;
}

export class Load {
  readonly acknowledged: AcknowledgedTransaction[] = [];
  /** Committed as invalid, as the client was told. */
  conflictCount = 0;
  /** Attempts of unknown or no effect. */
  failureCount = 0;
  readonly #clients: readonly Promise<void>[];
  #isOver = false;

  private constructor(networks: readonly Network[], clientsPerNetwork: number) {
    const clients = networks.flatMap((network) =>
      Array.from({ length: clientsPerNetwork }, () => network.getContract("basic")),
    );
    this.#clients = clients.map((contract, client) => this.#work(contract, client));
  }

  static async start(networks: readonly Network[], clientsPerNetwork: number): Promise<Load> {
    const contract = networks[0]!.getContract("basic");
    for (const id of SHARED_ASSETS) {
      await contract.submitTransaction("CreateAsset", id, "red", "1", "nobody", "1");
    }
    return new Load(networks, clientsPerNetwork);
  }

  /** Time from a moment to the first acknowledgement of a transaction that began after it. */
  firstAfterMs(momentMs: number): number {
    const later = this.acknowledged.filter(({ beganMs }) => beganMs >= momentMs);
    return Math.min(...later.map(({ toldMs }) => toldMs)) - momentMs;
  }

  /** The longest that a client waited for an acknowledgement that came. */
  get longestMs(): number {
    return Math.max(...this.acknowledged.map(({ beganMs, toldMs }) => toldMs - beganMs));
  }

  /** Resolves when every client has its last answer. */
  async stop(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#clients);
  }

  async #work(contract: Contract, client: number): Promise<void> {
    for (let round = 0; !this.#isOver; round += 1) {
      try {
        await this.#transact(contract, client, round);
      } catch {
        // It may or may not come to be committed. Only what was acknowledged counts.
        this.failureCount += 1;
        await delay(RETRY_PAUSE_MS);
      }
    }
  }

  async #transact(contract: Contract, client: number, round: number): Promise<void> {
    const isShared = round % 4 === 3;
    const assetId = isShared ? undefined : `asset-${client}-${round}`;
    const shared = SHARED_ASSETS[client % SHARED_ASSETS.length]!;
    const beganMs = performance.now();
    const commit =
      assetId === undefined
        ? await contract.submitAsync("TransferAsset", { arguments: [shared, `c${client}`] })
        : await contract.submitAsync("CreateAsset", {
            arguments: [assetId, "blue", String(round), `c${client}`, "1"],
          });
    const { successful, blockNumber } = await commit.getStatus();
    if (successful) {
      this.acknowledged.push({
        transactionId: commit.getTransactionId(),
        blockNumber: Number(blockNumber),
        assetId,
        beganMs,
        toldMs: performance.now(),
      });
    } else {
      this.conflictCount += 1;
    }
  }
}
