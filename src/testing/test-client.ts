import { utf8, utf8Decode } from "../kernel/bytes.ts";
import type { FabricClient, ProposalRequest } from "../network/index.ts";

/** Text by name. */
export type Transient = Readonly<Record<string, string>>;

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
  readonly #transient: Transient;

  constructor(client: FabricClient, channelId: string, transient: Transient = {}) {
    this.#client = client;
    this.#channelId = channelId;
    this.#transient = transient;
  }

  /** The same client, who sends this along for the endorsers alone; contracts read it as `context.transient(name)`. */
  withTransient(transient: Transient): TestClient {
    return new TestClient(this.#client, this.#channelId, transient);
  }

  /** Endorses, orders, and waits until the client's peer has committed it. Rejects with `NetworkError`. */
  async submit(chaincode: string, name: string, ...args: readonly string[]): Promise<Submitted> {
    const { result, transactionId, blockNumber } = await this.#client.invoke(
      this.#request(chaincode, [name, ...args]),
    );
    return { result: utf8Decode(result), transactionId, blockNumber };
  }

  /** Runs a function on one peer; nothing is recorded. */
  async evaluate(chaincode: string, name: string, ...args: readonly string[]): Promise<string> {
    const { payload } = await this.#client.evaluate(this.#request(chaincode, [name, ...args]));
    return utf8Decode(payload);
  }

  #request(chaincode: string, args: readonly string[]): ProposalRequest {
    const transient = Object.entries(this.#transient).map(
      ([name, value]) => [name, utf8(value)] as const,
    );
    return {
      channelId: this.#channelId,
      chaincode,
      args: args.map((text) => utf8(text)),
      transient: new Map(transient),
    };
  }
}
