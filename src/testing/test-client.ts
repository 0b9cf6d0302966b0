import { utf8, utf8Decode } from "../kernel/bytes.ts";
import type { FabricClient } from "../network/index.ts";

export interface Submitted {
  /** What the contract answered. */
  readonly result: string;
  readonly transactionId: string;
  readonly blockNumber: number;
}

/** One organisation's user, through one peer. */
export class TestClient {
  readonly #client: FabricClient;
  readonly #channelId: string;

  constructor(client: FabricClient, channelId: string) {
    this.#client = client;
    this.#channelId = channelId;
  }

  /** Endorses, orders, and waits until the client's peer has committed it. Rejects with `NetworkError`. */
  async submit(chaincode: string, name: string, ...args: readonly string[]): Promise<Submitted> {
    const { result, transactionId, blockNumber } = await this.#client.invoke({
      channelId: this.#channelId,
      chaincode,
      args: [name, ...args].map((text) => utf8(text)),
    });
    return { result: utf8Decode(result), transactionId, blockNumber };
  }

  /** Runs a function on one peer; nothing is recorded. */
  async evaluate(chaincode: string, name: string, ...args: readonly string[]): Promise<string> {
    const { payload } = await this.#client.evaluate({
      channelId: this.#channelId,
      chaincode,
      args: [name, ...args].map((text) => utf8(text)),
    });
    return utf8Decode(payload);
  }
}
