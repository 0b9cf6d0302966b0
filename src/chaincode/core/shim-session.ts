import { EMPTY_BYTES, utf8, utf8DecodeLeniently } from "../../kernel/bytes.ts";
import { RPC_MESSAGE_BYTES_MAX } from "../../kernel/limits.ts";
import {
  ChaincodeID,
  ChaincodeMessage_Type as MessageType,
  ChaincodeSpec,
  tryDecodeRequest,
  type ChaincodeMessage,
} from "../../wire/index.ts";
import { TRANSACTIONS_PER_PROCESS_MAX } from "../limits.ts";
import { answerStateRequest, isStateRequest, type RequestAnswer } from "./state-requests.ts";
import { OpenRun, runKey, type ChaincodeRun, type RunOutcome } from "./transaction.ts";

/** What happens to a session. */
export type SessionEvent =
  | { readonly kind: "received"; readonly message: ChaincodeMessage }
  /** Run a transaction. Ends in one `finished` effect. */
  | { readonly kind: "run"; readonly run: ChaincodeRun }
  /** Nobody waits for the run any longer. */
  | { readonly kind: "abandon"; readonly run: ChaincodeRun }
  /** The result of a `call` effect: a marshalled ChaincodeMessage, or why there is none. */
  | { readonly kind: "called"; readonly run: ChaincodeRun; readonly answer: RequestAnswer }
  | { readonly kind: "stream-ended" };

/** What a session wants done, in this order. */
export type SessionEffect =
  | { readonly kind: "send"; readonly message: ChaincodeMessage }
  /** REGISTER was accepted: the process serves `chaincodeId` from now on. */
  | { readonly kind: "registered"; readonly chaincodeId: string }
  | { readonly kind: "finished"; readonly run: ChaincodeRun; readonly outcome: RunOutcome }
  /** The contract calls another chaincode; answer with a `called` event. */
  | { readonly kind: "call"; readonly run: ChaincodeRun; readonly spec: ChaincodeSpec }
  /** End the stream; nothing follows. */
  | { readonly kind: "end"; readonly reason: string };

/**
 * REGISTERED and READY leave together, so the shim's state "established" lasts no time here:
 * no message of the chaincode can fall into it.
 */
type SessionState = "created" | "ready" | "ended";

export interface ShimSessionOptions {
  /** Why a chaincode id may not register on this stream, or undefined if it may. */
  registrationRefusal(chaincodeId: string): string | undefined;
}

/**
 * The peer's side of one chaincode stream. Fabric: core/chaincode/handler.go.
 *
 * Invariants: every `run` event is followed by exactly one `finished` effect unless it is abandoned;
 * nothing is sent before REGISTER was accepted nor after the end.
 */
export class ShimSession {
  readonly #options: ShimSessionOptions;
  readonly #runs = new Map<string, OpenRun>();
  #state: SessionState = "created";
  #effects: SessionEffect[] = [];

  constructor(options: ShimSessionOptions) {
    this.#options = options;
  }

  get isReady(): boolean {
    return this.#state === "ready";
  }

  get runCount(): number {
    return this.#runs.size;
  }

  step(event: SessionEvent): void {
    switch (event.kind) {
      case "received":
        this.#receive(event.message);
        break;
      case "run":
        this.#start(event.run);
        break;
      case "abandon":
        this.#take(event.run);
        break;
      case "called":
        this.#answerCall(event.run, event.answer);
        break;
      case "stream-ended":
        this.#close();
        break;
    }
  }

  /** The effects since the last time, to be performed in order. */
  takeEffects(): readonly SessionEffect[] {
    const effects = this.#effects;
    this.#effects = [];
    return effects;
  }

  #receive(message: ChaincodeMessage): void {
    if (this.#state === "ended" || message.type === MessageType.KEEPALIVE) return;
    if (this.#state === "created") this.#register(message);
    else this.#serve(message);
  }

  #register(message: ChaincodeMessage): void {
    if (message.type !== MessageType.REGISTER) {
      this.#end(`cannot handle message (${typeName(message.type)}) while in created state`);
      return;
    }
    const chaincodeId = tryDecodeRequest(ChaincodeID, message.payload)?.name ?? "";
    const refusal =
      chaincodeId === ""
        ? "error in handling register chaincode, chaincodeID name is empty"
        : this.#options.registrationRefusal(chaincodeId);
    if (refusal !== undefined) {
      this.#end(refusal);
      return;
    }
    this.#state = "ready";
    this.#send(MessageType.REGISTERED, "", "", EMPTY_BYTES);
    this.#send(MessageType.READY, "", "", EMPTY_BYTES);
    this.#effects.push({ kind: "registered", chaincodeId });
  }

  #serve(message: ChaincodeMessage): void {
    const { type } = message;
    if (type === MessageType.COMPLETED || type === MessageType.ERROR) this.#finish(message);
    else if (type === MessageType.INVOKE_CHAINCODE || isStateRequest(type)) this.#request(message);
    else this.#end(`cannot handle message (${typeName(type)}) while in ready state`);
  }

  // A run that is gone (timed out, answered before) has nobody to tell.
  #finish(message: ChaincodeMessage): void {
    const key = runKey(message.channelId, message.txid);
    const open = this.#runs.get(key);
    if (open === undefined) return;
    this.#take(open.run);
    const outcome: RunOutcome =
      message.type === MessageType.COMPLETED
        ? { kind: "completed", payload: message.payload.slice(), event: message.chaincodeEvent }
        : { kind: "error", text: utf8DecodeLeniently(message.payload) };
    this.#effects.push({ kind: "finished", run: open.run, outcome });
  }

  #request(message: ChaincodeMessage): void {
    const open = this.#runs.get(runKey(message.channelId, message.txid));
    const isCall = message.type === MessageType.INVOKE_CHAINCODE;
    if (open === undefined) {
      const reason = isCall ? "could not get valid transaction" : "no ledger context";
      this.#answer(message, { ok: false, reason });
      return;
    }
    // Fabric drops a second request silently and the transaction hangs until its timeout; an answer is kinder.
    if (open.isCalling) {
      const reason = "another request of this transaction is pending";
      this.#answer(message, { ok: false, reason });
      return;
    }
    if (isCall) this.#call(message, open);
    else this.#answer(message, answerStateRequest(message.type, message.payload, open));
  }

  #call(message: ChaincodeMessage, open: OpenRun): void {
    const spec = tryDecodeRequest(ChaincodeSpec, message.payload.slice());
    if (spec?.chaincodeId === undefined || spec.input === undefined) {
      const reason = "unmarshal failed: not a ChaincodeSpec with an id and an input";
      this.#answer(message, { ok: false, reason });
      return;
    }
    open.isCalling = true;
    this.#effects.push({ kind: "call", run: open.run, spec });
  }

  #answerCall(run: ChaincodeRun, answer: RequestAnswer): void {
    const open = this.#openRun(run);
    if (open === undefined) return;
    open.isCalling = false;
    const { channelId, txId } = run;
    this.#answer({ type: MessageType.INVOKE_CHAINCODE, channelId, txid: txId }, answer);
  }

  #answer(
    request: { readonly type: number; readonly channelId: string; readonly txid: string },
    answer: RequestAnswer,
  ): void {
    const { type, channelId, txid } = request;
    const limited = withinMessageSize(answer);
    if (limited.ok) {
      this.#send(MessageType.RESPONSE, channelId, txid, limited.payload);
      return;
    }
    const text = `${typeName(type)} failed: transaction ID: ${txid}: ${limited.reason}`;
    this.#send(MessageType.ERROR, channelId, txid, utf8(text));
  }

  #start(run: ChaincodeRun): void {
    const refusal = this.#runRefusal(run);
    if (refusal !== undefined) {
      this.#effects.push({ kind: "finished", run, outcome: refusal });
      return;
    }
    this.#runs.set(runKey(run.channelId, run.txId), new OpenRun(run));
    const message: ChaincodeMessage = {
      type: run.isInit ? MessageType.INIT : MessageType.TRANSACTION,
      timestamp: undefined,
      payload: run.input,
      txid: run.txId,
      proposal: run.signedProposal,
      chaincodeEvent: undefined,
      channelId: run.channelId,
    };
    this.#effects.push({ kind: "send", message });
  }

  #runRefusal(run: ChaincodeRun): RunOutcome | undefined {
    if (this.#state !== "ready") return { kind: "terminated" };
    if (this.#runs.has(runKey(run.channelId, run.txId))) {
      return { kind: "refused", reason: `txid: ${run.txId}(${run.channelId}) exists` };
    }
    if (this.#runs.size < TRANSACTIONS_PER_PROCESS_MAX) return undefined;
    const reason = `the chaincode is busy with ${this.#runs.size} transactions: try again later`;
    return { kind: "refused", reason };
  }

  #send(
    type: ChaincodeMessage["type"],
    channelId: string,
    txid: string,
    payload: Uint8Array,
  ): void {
    const message: ChaincodeMessage = {
      type,
      timestamp: undefined,
      payload,
      txid,
      proposal: undefined,
      chaincodeEvent: undefined,
      channelId,
    };
    this.#effects.push({ kind: "send", message });
  }

  #end(reason: string): void {
    this.#close();
    this.#effects.push({ kind: "end", reason });
  }

  #close(): void {
    this.#state = "ended";
    for (const open of [...this.#runs.values()]) {
      this.#take(open.run);
      this.#effects.push({ kind: "finished", run: open.run, outcome: { kind: "terminated" } });
    }
  }

  #take(run: ChaincodeRun): void {
    const open = this.#openRun(run);
    if (open === undefined) return;
    open.iterators.closeAll();
    this.#runs.delete(runKey(run.channelId, run.txId));
  }

  // Another run may have taken the key after this one was abandoned.
  #openRun(run: ChaincodeRun): OpenRun | undefined {
    const open = this.#runs.get(runKey(run.channelId, run.txId));
    return open?.run === run ? open : undefined;
  }
}

const TYPE_NAMES = new Map<number, string>(
  Object.entries(MessageType).map(([name, number]) => [number, name]),
);

function typeName(type: number): string {
  return TYPE_NAMES.get(type) ?? String(type);
}

// Room for the fields around the payload.
const ENVELOPE_BYTES_MAX = 4_096;

function withinMessageSize(answer: RequestAnswer): RequestAnswer {
  if (!answer.ok || answer.payload.length <= RPC_MESSAGE_BYTES_MAX - ENVELOPE_BYTES_MAX) {
    return answer;
  }
  const reason = `the answer of ${answer.payload.length} bytes is larger than a message may be: ask for less at a time`;
  return { ok: false, reason };
}
