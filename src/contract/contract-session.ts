import { EMPTY_BYTES, utf8, utf8Decode, utf8DecodeLeniently } from "../kernel/bytes.ts";
import { errorMessage } from "../kernel/error.ts";
import {
  ChaincodeID,
  ChaincodeInput,
  ChaincodeMessage_Type as MessageType,
  Response,
  create,
  decode,
  encode,
  type ChaincodeEvent,
  type ChaincodeMessage,
} from "../wire/index.ts";
import { ContractRun } from "./contract-run.ts";
import type { Contract } from "./contract.ts";
import { ContractError } from "./errors.ts";

type Send = (message: ChaincodeMessage) => void;

const OK = 200;
const FAILED = 500;
/** What contracts of `fabric-contract-api` answer too. A deployment ends when enough peers endorse it. */
const DESCRIBE = "org.hyperledger.fabric:GetMetadata";

/** The contract's end of Fabric's shim protocol: runs what the peer asks for, and takes its answers to those who asked. */
export class ContractSession {
  readonly #contract: Contract;
  readonly #send: Send;
  /** By transaction. */
  readonly #runs = new Map<string, ContractRun>();

  constructor(contract: Contract, send: Send) {
    this.#contract = contract;
    this.#send = send;
  }

  register(packageId: string): void {
    const payload = encode(ChaincodeID, create(ChaincodeID, { name: packageId }));
    this.#send(messageOf(MessageType.REGISTER, { channelId: "", txid: "" }, payload));
  }

  receive(message: ChaincodeMessage): void {
    const { type, payload } = message;
    const run = this.#runs.get(keyOf(message));
    if (type === MessageType.INIT || type === MessageType.TRANSACTION) void this.#run(message);
    else if (type === MessageType.RESPONSE) run?.answered({ payload: payload.slice() });
    else if (type === MessageType.ERROR) {
      run?.answered({ reason: utf8DecodeLeniently(payload) });
    }
  }

  async #run(message: ChaincodeMessage): Promise<void> {
    const run = new ContractRun((type, payload) => {
      this.#send(messageOf(type, message, payload));
    });
    this.#runs.set(keyOf(message), run);
    const response = await this.#execute(message, run).then(
      (payload) => ({ status: OK, message: "", payload }),
      (error: unknown) => ({ status: FAILED, message: errorMessage(error), payload: EMPTY_BYTES }),
    );
    this.#runs.delete(keyOf(message));
    const completed = encode(Response, response);
    this.#send(messageOf(MessageType.COMPLETED, message, completed, run.event));
  }

  async #execute(message: ChaincodeMessage, run: ContractRun): Promise<Uint8Array> {
    const [name = "", ...args] = decode(ChaincodeInput, message.payload).args.map((bytes) =>
      utf8Decode(bytes),
    );
    const called = Object.hasOwn(this.#contract, name) ? this.#contract[name] : undefined;
    if (called === undefined && name === DESCRIBE) return description(this.#contract);
    if (called === undefined) {
      const known = Object.keys(this.#contract).join(", ");
      throw new ContractError("unknown name", `there is no function ${name}; there are ${known}`);
    }
    const result = await called(run.context(message), ...args);
    if (typeof result === "string") return utf8(result);
    return result instanceof Uint8Array ? result : EMPTY_BYTES;
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
  chaincodeEvent?: ChaincodeEvent,
): ChaincodeMessage {
  return {
    type,
    timestamp: undefined,
    payload,
    txid,
    proposal: undefined,
    chaincodeEvent,
    channelId,
  };
}
