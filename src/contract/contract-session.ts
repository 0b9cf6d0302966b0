import { utf8, utf8Decode } from "../kernel/bytes.ts";
import { errorMessage } from "../kernel/error.ts";
import {
  ChaincodeID,
  ChaincodeInput,
  ChaincodeMessage_Type as MessageType,
  DelState,
  GetState,
  PutState,
  Response,
  create,
  decode,
  encode,
  type ChaincodeMessage,
} from "../wire/index.ts";
import type { Contract, ContractContext } from "./contract.ts";
import { ContractError } from "./errors.ts";

interface Asked {
  resolve(payload: Uint8Array): void;
  reject(error: Error): void;
}

type Send = (message: ChaincodeMessage) => void;

const OK = 200;
const FAILED = 500;
/** What contracts of `fabric-contract-api` answer too. A deployment ends when enough peers endorse it. */
const DESCRIBE = "org.hyperledger.fabric:GetMetadata";
const EMPTY = new Uint8Array(0);

/** The contract's end of Fabric's shim protocol: runs what the peer asks for and asks the peer for state. */
export class ContractSession {
  readonly #contract: Contract;
  readonly #send: Send;
  /** By transaction: what was asked and not answered, oldest first. */
  readonly #asked = new Map<string, Asked[]>();

  constructor(contract: Contract, send: Send) {
    this.#contract = contract;
    this.#send = send;
  }

  register(packageId: string): void {
    const payload = encode(ChaincodeID, create(ChaincodeID, { name: packageId }));
    this.#send(messageOf(MessageType.REGISTER, { channelId: "", txid: "" }, payload));
  }

  receive(message: ChaincodeMessage): void {
    const { type } = message;
    if (type === MessageType.INIT || type === MessageType.TRANSACTION) void this.#run(message);
    else if (type === MessageType.RESPONSE)
      this.#answered(message)?.resolve(message.payload.slice());
    else if (type === MessageType.ERROR) {
      const reason = new TextDecoder().decode(message.payload);
      this.#answered(message)?.reject(new ContractError("contract failed", reason));
    }
  }

  #answered(message: ChaincodeMessage): Asked | undefined {
    return this.#asked.get(keyOf(message))?.shift();
  }

  async #run(message: ChaincodeMessage): Promise<void> {
    const response = await this.#execute(message).then(
      (payload) => ({ status: OK, message: "", payload }),
      (error: unknown) => ({ status: FAILED, message: errorMessage(error), payload: EMPTY }),
    );
    this.#asked.delete(keyOf(message));
    const completed = encode(Response, response);
    this.#send(messageOf(MessageType.COMPLETED, message, completed));
  }

  async #execute(message: ChaincodeMessage): Promise<Uint8Array> {
    const [name = "", ...args] = decode(ChaincodeInput, message.payload).args.map((bytes) =>
      utf8Decode(bytes),
    );
    const run = Object.hasOwn(this.#contract, name) ? this.#contract[name] : undefined;
    if (run === undefined && name === DESCRIBE) return description(this.#contract);
    if (run === undefined) {
      const known = Object.keys(this.#contract).join(", ");
      throw new ContractError("unknown name", `there is no function ${name}; there are ${known}`);
    }
    const result = await run(this.#contextOf(message), ...args);
    if (typeof result === "string") return utf8(result);
    return result instanceof Uint8Array ? result : EMPTY;
  }

  #contextOf(message: ChaincodeMessage): ContractContext {
    const ask = (type: ChaincodeMessage["type"], payload: Uint8Array): Promise<Uint8Array> =>
      new Promise((resolve, reject) => {
        const asked = this.#asked.get(keyOf(message)) ?? [];
        this.#asked.set(keyOf(message), [...asked, { resolve, reject }]);
        this.#send(messageOf(type, message, payload));
      });
    return {
      channelId: message.channelId,
      transactionId: message.txid,
      get: async (key) => {
        const value = await ask(MessageType.GET_STATE, encode(GetState, create(GetState, { key })));
        return value.length === 0 ? undefined : utf8Decode(value);
      },
      put: async (key, value) => {
        const bytes = typeof value === "string" ? utf8(value) : value;
        await ask(MessageType.PUT_STATE, encode(PutState, create(PutState, { key, value: bytes })));
      },
      delete: async (key) => {
        await ask(MessageType.DEL_STATE, encode(DelState, create(DelState, { key })));
      },
    };
  }
}

function description(contract: Contract): Uint8Array {
  const transactions = Object.keys(contract).map((name) => ({ name }));
  return utf8(JSON.stringify({ contracts: { contract: { name: "contract", transactions } } }));
}

function keyOf({ channelId, txid }: Pick<ChaincodeMessage, "channelId" | "txid">): string {
  return `${channelId}/${txid}`;
}

function messageOf(
  type: ChaincodeMessage["type"],
  { channelId, txid }: Pick<ChaincodeMessage, "channelId" | "txid">,
  payload: Uint8Array,
): ChaincodeMessage {
  return {
    type,
    timestamp: undefined,
    payload,
    txid,
    proposal: undefined,
    chaincodeEvent: undefined,
    channelId,
  };
}
