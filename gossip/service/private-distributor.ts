/** Hands the private half of a simulation to the members of its collections. */
import { TxPvtReadWriteSet, decode } from "../../src/wire/index.ts";
import type { PrivateDataPort, PushedPrivateSet } from "./ports.ts";
import type { PrivateExchange } from "./private-exchange.ts";

export interface PrivateDistributorDeps {
  readonly exchange: Pick<PrivateExchange, "push">;
  readonly port: Pick<PrivateDataPort, "terms">;
}

/** The private writes of one transaction. */
export interface PrivateWrites {
  readonly channelId: string;
  readonly txId: string;
  /** Ledger height at endorsement. */
  readonly height: number;
  /** Marshalled `TxPvtReadWriteSet` of this peer's own making. */
  readonly bytes: Uint8Array;
}

export class PrivateDistributor {
  readonly #deps: PrivateDistributorDeps;

  constructor(deps: PrivateDistributorDeps) {
    this.#deps = deps;
  }

  /** Undefined when as many peers have the writes as their collections require, else the first reason why not. */
  async distribute(writes: PrivateWrites): Promise<string | undefined> {
    const { channelId, txId, height, bytes } = writes;
    const sets = decode(TxPvtReadWriteSet, bytes).nsPvtRwset.flatMap(
      ({ namespace, collectionPvtRwset }) =>
        collectionPvtRwset.map(({ collectionName: collection, rwset }) => ({
          ...{ channelId, txId, height, namespace, collection },
          bytes: rwset,
        })),
    );
    const refusals = await Promise.all(sets.map((set) => this.#push(set)));
    return refusals.find((refusal) => refusal !== undefined);
  }

  async #push(set: Omit<PushedPrivateSet, "config">): Promise<string | undefined> {
    const { exchange, port } = this.#deps;
    const { channelId, namespace, collection } = set;
    const terms = port.terms(channelId, { namespace, collection });
    if (terms === undefined) {
      return `collection ${channelId}/${namespace}/${collection} could not be found`;
    }
    return exchange.push({ ...set, config: terms.config }, terms);
  }
}
