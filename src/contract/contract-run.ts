import { EMPTY_BYTES, toHex, utf8, utf8Decode } from "../kernel/bytes.ts";
import {
  ChaincodeMessage,
  ChaincodeMessage_Type as MessageType,
  ChaincodeProposalPayload,
  ChaincodeSpec,
  DelState,
  GetState,
  GetStateByRange,
  Proposal,
  PutState,
  QueryResponse,
  QueryResultKv,
  QueryStateClose,
  QueryStateNext,
  Response,
  create,
  decode,
  encode,
  type ChaincodeEvent,
} from "../wire/index.ts";
import { compositeKey, compositeRange, splitCompositeKey } from "./composite-key.ts";
import type { ContractContext, KeyValue, PrivateContext } from "./contract.ts";
import { ContractError } from "./errors.ts";

type Type = ChaincodeMessage["type"];

/** Puts one question to the peer. */
export type Ask = (type: Type, payload: Uint8Array) => void;

interface Asked {
  resolve(payload: Uint8Array): void;
  reject(error: Error): void;
}

/** Fabric: a response from here on is a refusal. */
const REFUSED_STATUS_MIN = 400;
/** Above every composite key. */
const FIRST_SIMPLE_KEY = "\u0001";

/** One transaction in a contract: what its function asks of the peer, one question at a time as the shim protocol has it. */
export class ContractRun {
  readonly #ask: Ask;
  #asked: Asked | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #event: ChaincodeEvent | undefined;

  constructor(ask: Ask) {
    this.#ask = ask;
  }

  /** What the function emitted, if it did. */
  get event(): ChaincodeEvent | undefined {
    return this.#event;
  }

  /** The peer's answer to the question that is open. */
  answered(answer: { readonly payload: Uint8Array } | { readonly reason: string }): void {
    const asked = this.#asked;
    this.#asked = undefined;
    if ("reason" in answer) asked?.reject(new ContractError("contract failed", answer.reason));
    else asked?.resolve(answer.payload);
  }

  /** `request`: what the peer asked to run. */
  context({ channelId, txid, proposal }: ChaincodeMessage): ContractContext {
    const open = this.#keysOf("");
    return {
      channelId,
      transactionId: txid,
      get: (key) => open.get(key),
      put: (key, value) => open.put(key, value),
      delete: (key) => open.delete(key),
      transient: (name) => transientValue(proposal?.proposalBytes, name),
      private: (collection) => this.#keysOf(collection),
      range: (start = "", end = "") => this.#range(start === "" ? FIRST_SIMPLE_KEY : start, end),
      compositeKey: (objectType, ...attributes) => compositeKey(objectType, attributes),
      splitCompositeKey,
      compositeRange: (objectType, ...attributes) => {
        const { start, end } = compositeRange(objectType, attributes);
        return this.#range(start, end);
      },
      emit: (name, payload = EMPTY_BYTES) => {
        if (name === "") throw new ContractError("unknown name", "an event needs a name");
        this.#event = { chaincodeId: "", txId: "", eventName: name, payload: bytesOf(payload) };
      },
      call: (chaincode, ...args) => this.#call(chaincode, args),
    };
  }

  // The shim protocol asks for state and for a collection alike; "" is no collection.
  #keysOf(collection: string): PrivateContext {
    return {
      get: async (key) => {
        const request = encode(GetState, create(GetState, { key, collection }));
        const value = await this.#answerTo(MessageType.GET_STATE, request);
        return value.length === 0 ? undefined : utf8Decode(value);
      },
      put: async (key, value) => {
        const request = create(PutState, { key, value: bytesOf(value), collection });
        await this.#answerTo(MessageType.PUT_STATE, encode(PutState, request));
      },
      delete: async (key) => {
        const request = encode(DelState, create(DelState, { key, collection }));
        await this.#answerTo(MessageType.DEL_STATE, request);
      },
      hash: async (key) => {
        const request = encode(GetState, create(GetState, { key, collection }));
        const hash = await this.#answerTo(MessageType.GET_PRIVATE_DATA_HASH, request);
        return hash.length === 0 ? undefined : toHex(hash);
      },
    };
  }

  async *#range(startKey: string, endKey: string): AsyncGenerator<KeyValue, void, undefined> {
    const request = encode(GetStateByRange, create(GetStateByRange, { startKey, endKey }));
    let batch = await this.#batch(MessageType.GET_STATE_BY_RANGE, request);
    try {
      for (;;) {
        for (const { resultBytes } of batch.results) {
          const { key, value } = decode(QueryResultKv, resultBytes);
          yield { key, value: utf8Decode(value) };
        }
        if (!batch.hasMore) return;
        const next = encode(QueryStateNext, { id: batch.id });
        batch = await this.#batch(MessageType.QUERY_STATE_NEXT, next);
      }
    } finally {
      // Whoever reads may stop before the end.
      const close = encode(QueryStateClose, { id: batch.id });
      if (batch.hasMore) await this.#answerTo(MessageType.QUERY_STATE_CLOSE, close);
    }
  }

  async #batch(type: Type, request: Uint8Array): Promise<QueryResponse> {
    return decode(QueryResponse, await this.#answerTo(type, request));
  }

  async #call(chaincode: string, args: readonly string[]): Promise<string> {
    const spec = create(ChaincodeSpec, {
      chaincodeId: { name: chaincode },
      input: { args: args.map((text) => utf8(text)) },
    });
    const request = encode(ChaincodeSpec, spec);
    const answer = await this.#answerTo(MessageType.INVOKE_CHAINCODE, request);
    const completed = decode(ChaincodeMessage, answer);
    const { status, message, payload } = decode(Response, completed.payload);
    if (status < REFUSED_STATUS_MIN) return utf8Decode(payload);
    throw new ContractError("contract failed", `${chaincode} refuses: ${message}`);
  }

  // A question waits until the one before it is answered, whatever came of that.
  #answerTo(type: Type, request: Uint8Array): Promise<Uint8Array> {
    const answer = this.#last.then(
      () =>
        new Promise<Uint8Array>((resolve, reject) => {
          this.#asked = { resolve, reject };
          this.#ask(type, request);
        }),
    );
    this.#last = answer.catch(() => undefined);
    return answer;
  }
}

function bytesOf(value: string | Uint8Array): Uint8Array {
  return typeof value === "string" ? utf8(value) : value;
}

function transientValue(proposalBytes: Uint8Array | undefined, name: string): string | undefined {
  if (proposalBytes === undefined) return undefined;
  const { payload } = decode(Proposal, proposalBytes);
  const value = decode(ChaincodeProposalPayload, payload).transientMap.get(name);
  return value && utf8Decode(value);
}
