import {
  type Block,
  ChaincodeAction,
  ChaincodeActionPayload,
  ChannelHeader,
  Envelope,
  Payload,
  ProposalResponsePayload,
  SignatureHeader,
  Transaction,
  tryDecode,
  type EnvelopeReading,
  type MessageType,
} from "../../wire/index.ts";
import { parseReadWriteSet, type ReadWriteSet } from "./read-write-set.ts";

/** A layer that has been asked for: undefined where it, or one above it, is absent or malformed. */
interface Layer<T> {
  readonly value: T | undefined;
}

/**
 * A marshalled envelope whose layers are decoded when somebody asks for them, and once for all that ask. Says nothing about
 * what they mean. Whoever asks for an action's layers has seen that the header announces one.
 */
export class TransactionLayers {
  readonly bytes: Uint8Array;
  #envelope: Layer<Envelope> | undefined;
  #payload: Layer<Payload> | undefined;
  #channelHeader: Layer<ChannelHeader> | undefined;
  #signatureHeader: Layer<SignatureHeader> | undefined;
  #transaction: Layer<Transaction> | undefined;
  #actionPayload: Layer<ChaincodeActionPayload> | undefined;
  #responsePayload: Layer<ProposalResponsePayload> | undefined;
  #chaincodeAction: Layer<ChaincodeAction> | undefined;
  #readWriteSet: Layer<ReadWriteSet> | undefined;

  /** `bytes` are not changed from now on. */
  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  get envelope(): Envelope | undefined {
    return (this.#envelope ??= layer(Envelope, this.bytes)).value;
  }

  get payload(): Payload | undefined {
    return (this.#payload ??= layer(Payload, this.envelope?.payload)).value;
  }

  get channelHeader(): ChannelHeader | undefined {
    return (this.#channelHeader ??= layer(ChannelHeader, this.payload?.header?.channelHeader))
      .value;
  }

  get signatureHeader(): SignatureHeader | undefined {
    return (this.#signatureHeader ??= layer(SignatureHeader, this.payload?.header?.signatureHeader))
      .value;
  }

  /** As `openEnvelope`. */
  get opening(): EnvelopeReading {
    const { envelope, payload } = this;
    if (envelope === undefined) return { kind: "malformed", defect: "envelope" };
    if (payload === undefined) return { kind: "malformed", defect: "payload" };
    if (payload.header === undefined) return { kind: "malformed", defect: "missing-header" };
    const { channelHeader } = this;
    if (channelHeader === undefined) return { kind: "malformed", defect: "channel-header" };
    const { signatureHeader } = this;
    if (signatureHeader === undefined) return { kind: "malformed", defect: "signature-header" };
    return { kind: "opened", opened: { envelope, payload, channelHeader, signatureHeader } };
  }

  get transaction(): Transaction | undefined {
    return (this.#transaction ??= layer(Transaction, this.payload?.data)).value;
  }

  /** Of the first action. */
  get actionPayload(): ChaincodeActionPayload | undefined {
    const payload = (): Uint8Array | undefined => this.transaction?.actions[0]?.payload;
    return (this.#actionPayload ??= layer(ChaincodeActionPayload, payload())).value;
  }

  get responsePayload(): ProposalResponsePayload | undefined {
    const payload = (): Uint8Array | undefined =>
      this.actionPayload?.action?.proposalResponsePayload;
    return (this.#responsePayload ??= layer(ProposalResponsePayload, payload())).value;
  }

  /** Undefined too where the extension has no bytes. */
  get chaincodeAction(): ChaincodeAction | undefined {
    const extension = (): Uint8Array | undefined => {
      const bytes = this.responsePayload?.extension;
      return bytes === undefined || bytes.length === 0 ? undefined : bytes;
    };
    return (this.#chaincodeAction ??= layer(ChaincodeAction, extension())).value;
  }

  /** Undefined where any layer of it is malformed. */
  get readWriteSet(): ReadWriteSet | undefined {
    const read = (): ReadWriteSet | undefined => {
      const results = this.chaincodeAction?.results;
      return results === undefined ? undefined : parseReadWriteSet(results);
    };
    return (this.#readWriteSet ??= { value: read() }).value;
  }
}

/** Of each transaction of a block; none without data. */
export function layersOf({ data }: Pick<Block, "data">): readonly TransactionLayers[] {
  return (data?.data ?? []).map((bytes) => new TransactionLayers(bytes));
}

function layer<T>(type: MessageType<T>, bytes: Uint8Array | undefined): Layer<T> {
  return { value: bytes === undefined ? undefined : tryDecode(type, bytes) };
}
