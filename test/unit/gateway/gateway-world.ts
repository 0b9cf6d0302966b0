/** A gateway in memory: three organisations with two peers each, scripted endorsers and orderers, a ledger of blocks. */
import {
  definitionStructure,
  type ChaincodeParameters,
} from "../../../src/chaincode/core/definition.ts";
import { NAMESPACES } from "../../../src/chaincode/core/lifecycle-keys.ts";
import { writeStructure } from "../../../src/chaincode/core/lifecycle-serializer.ts";
import {
  BATCH_SIZE_DEFAULT,
  ChannelConfig,
  RAFT_OPTIONS_DEFAULT,
  buildGenesisBlock,
} from "../../../src/channel/index.ts";
import { Gateway } from "../../../src/gateway/gateway.ts";
import type { GatewayLedger, GatewayMember } from "../../../src/gateway/ports.ts";
import { AsyncQueue } from "../../../src/kernel/async-queue.ts";
import { EMPTY_BYTES, utf8 } from "../../../src/kernel/bytes.ts";
import { systemClock } from "../../../src/kernel/adapters/system-clock.ts";
import { systemTimers } from "../../../src/kernel/adapters/system-timers.ts";
import { silentLogger } from "../../../src/kernel/ports/logger.ts";
import { silentMeter } from "../../../src/kernel/ports/meter.ts";
import {
  RpcError,
  type RpcCall,
  type RpcChannel,
  type RpcDialer,
  type RpcMethod,
  type RpcStream,
} from "../../../src/kernel/ports/rpc.ts";
import type { Signer } from "../../../src/kernel/ports/signer.ts";
import { SeededRandom } from "../../../src/kernel/seeded-random.ts";
import type {
  CommittedBlock,
  NamespaceVersion,
  TransactionRecord,
} from "../../../src/ledger/index.ts";
import { NamespaceVersions } from "../../../src/ledger/namespace-versions.ts";
import { encodeSignaturePolicy, parsePolicy } from "../../../src/policy/index.ts";
import {
  ChaincodeAction,
  ChaincodeHeaderExtension,
  ChaincodeInvocationSpec,
  ChaincodeProposalPayload,
  ChannelHeader,
  ErrorDetail,
  Header,
  Proposal,
  ProposalResponse,
  ProposalResponsePayload,
  RpcStatus,
  SignatureHeader,
  TxValidationCode,
  create,
  decode,
  encode,
  type Block,
  type BroadcastResponse,
  type Envelope,
  type Partially,
  type SignedProposal,
} from "../../../src/wire/index.ts";
import type { EndorserAnswer } from "../../../src/endorser/index.ts";
import { endorserEnvelope, nextBlock } from "../ledger/block-builder.ts";
import { TestOrganization } from "../msp/organization.ts";

export const CHANNEL = "ch1";
export const ORDERERS = ["orderer1:7050", "orderer2:7050", "orderer3:7050"] as const;
const SEEDS = { Org1MSP: 1, Org2MSP: 2, Org3MSP: 3 } as const;
const CODES: readonly string[] = [
  "OK",
  "CANCELLED",
  "UNKNOWN",
  "INVALID_ARGUMENT",
  "DEADLINE_EXCEEDED",
  "NOT_FOUND",
  "ALREADY_EXISTS",
  "PERMISSION_DENIED",
  "RESOURCE_EXHAUSTED",
  "FAILED_PRECONDITION",
  "ABORTED",
  "OUT_OF_RANGE",
  "UNIMPLEMENTED",
  "INTERNAL",
  "UNAVAILABLE",
];

/** What is made once for all tests of a file: certificates take time. */
export interface Material {
  readonly config: ChannelConfig;
  readonly client: Signer;
  /** By address, such as `peer0.Org1MSP:7051`. */
  readonly identities: ReadonlyMap<string, Uint8Array>;
}

export async function createMaterial(): Promise<Material> {
  const organizations = await Promise.all(
    Object.entries(SEEDS).map(([mspId, seed]) => TestOrganization.create(mspId, seed)),
  );
  const orderers = await TestOrganization.create("OrdererMSP", 9);
  const identities = new Map<string, Uint8Array>();
  for (const organization of organizations) {
    for (const name of ["peer0", "peer1"]) {
      const member = await organization.member(["peer"], { commonName: name });
      identities.set(`${name}.${organization.mspId}:7051`, member);
    }
  }
  const tlsCert = orderers.tlsCa.certificatePem;
  const genesis = buildGenesisBlock({
    channelId: CHANNEL,
    batchSize: BATCH_SIZE_DEFAULT,
    batchTimeoutMs: 2_000,
    raftOptions: RAFT_OPTIONS_DEFAULT,
    consenters: [
      { host: "orderer1", port: 7050, clientTlsCertPem: tlsCert, serverTlsCertPem: tlsCert },
    ],
    ordererOrganizations: [
      { name: "OrdererMSP", mspId: "OrdererMSP", msp: orderers.config(), endpoints: [...ORDERERS] },
    ],
    applicationOrganizations: organizations.map((organization) => ({
      name: organization.mspId,
      mspId: organization.mspId,
      msp: organization.config(),
      anchorPeers: [],
    })),
    nonce: new Uint8Array(24),
    timestampMs: 0,
  });
  const client = await organizations[0]!.signer(["client"]);
  return { config: ChannelConfig.fromBlock(genesis), client, identities };
}

/** A chaincode definition with a signature policy. */
export function definition(policy: string): ChaincodeParameters {
  return {
    version: "1.0",
    endorsementPlugin: "escc",
    validationPlugin: "vscc",
    validationParameter: encodeSignaturePolicy(parsePolicy(policy)),
    collections: EMPTY_BYTES,
    initRequired: false,
  };
}

/** Blocks in memory; `commit` adds one of the given transactions. */
export class FakeLedger implements GatewayLedger {
  readonly state: Map<string, Uint8Array> = new Map();
  readonly #blocks: Block[] = [nextBlock(undefined, [])];
  readonly #records = new Map<string, TransactionRecord>();
  readonly #listeners = new Set<(committed: CommittedBlock) => void>();
  readonly #versions = new NamespaceVersions();
  openReaders: number = 0;
  queryCount: number = 0;

  get height(): number {
    return this.#blocks.length;
  }

  get listenerCount(): number {
    return this.#listeners.size;
  }

  define(name: string, parameters: ChaincodeParameters, sequence = 1): void {
    const state = {
      get: (key: string) => this.state.get(key),
      put: (key: string, value: Uint8Array) => void this.state.set(key, value),
      delete: (key: string) => void this.state.delete(key),
    };
    writeStructure(state, NAMESPACES, name, definitionStructure(parameters, sequence));
    this.#versions.forget();
  }

  commit(
    ...transactions: readonly {
      readonly txId: string;
      readonly code?: TxValidationCode;
      readonly events?: Uint8Array;
    }[]
  ): void {
    const block = nextBlock(
      this.#blocks.at(-1),
      transactions.map((each) => endorserEnvelope({ ...each, results: EMPTY_BYTES })),
    );
    const codes = transactions.map(({ code }) => code ?? TxValidationCode.VALID);
    block.metadata!.metadata[2] = Uint8Array.from(codes);
    const blockNumber = this.#blocks.push(block) - 1;
    for (const [txIndex, { txId }] of transactions.entries()) {
      if (this.#records.has(txId)) continue;
      this.#records.set(txId, { blockNumber, txIndex, code: codes[txIndex]! });
    }
    const committed = transactions.map(({ txId }, index) => ({
      index,
      txId,
      type: 3,
      code: codes[index]!,
      chaincode: "",
    }));
    for (const listener of [...this.#listeners]) {
      listener({ block, number: blockNumber, transactions: committed, commitHash: EMPTY_BYTES });
    }
  }

  transaction(txId: string): TransactionRecord | undefined {
    return this.#records.get(txId);
  }

  read(number: number): Promise<Block | undefined> {
    return Promise.resolve(this.#blocks[number]);
  }

  waitForHeight(height: number, signal: AbortSignal): Promise<boolean> {
    if (this.height >= height) return Promise.resolve(true);
    return new Promise((resolve) => {
      const stop = this.subscribe(() => {
        if (this.height < height) return;
        stop();
        resolve(true);
      });
      signal.addEventListener("abort", () => {
        stop();
        resolve(false);
      });
    });
  }

  subscribe(listener: (committed: CommittedBlock) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  versionOf(namespace: string): NamespaceVersion {
    return this.#versions.of(namespace);
  }

  query(): { getState(namespace: string, key: string): Uint8Array | undefined; close(): void } {
    this.openReaders += 1;
    this.queryCount += 1;
    return {
      getState: (_, key) => this.state.get(key),
      close: () => {
        this.openReaders -= 1;
      },
    };
  }
}

/** Answers a proposal, or throws. */
export type EndorserScript = (
  signed: SignedProposal,
  signal: AbortSignal,
) => Partially<ProposalResponse> | Promise<Partially<ProposalResponse>>;

/** Answers a transaction; undefined ends the stream without an answer. */
export type OrdererScript = (
  envelope: Envelope,
) => BroadcastResponse | undefined | Promise<BroadcastResponse | undefined>;

/** The payload that endorsers agree on. */
export function payloadOf(result: string): Uint8Array {
  const action = create(ChaincodeAction, { response: { status: 200, payload: utf8(result) } });
  return encode(ProposalResponsePayload, {
    proposalHash: utf8("hash"),
    extension: encode(ChaincodeAction, action),
  });
}

export class World {
  readonly ledger: FakeLedger = new FakeLedger();
  readonly gateway: Gateway;
  readonly members: GatewayMember[];
  /** By address; those without one endorse. */
  readonly scripts: Map<string, EndorserScript> = new Map();
  readonly orderers: Map<string, OrdererScript> = new Map();
  /** What the local endorser answers instead of a response. */
  rejection: string | undefined;
  /** Addresses in the order in which they were sent something. */
  readonly asked: string[] = [];
  readonly streamsOpened: string[] = [];
  readonly material: Material;

  constructor(
    material: Material,
    options: {
      callsMax?: number;
      broadcastTimeoutMs?: number;
      broadcastPatienceMs?: number;
      endorsementTimeoutMs?: number;
      endorsementPatienceMs?: number;
    } = {},
  ) {
    this.material = material;
    this.members = [...material.identities].map(([address, identity]) => ({
      mspId: address.slice(address.indexOf(".") + 1, address.indexOf(":")),
      endpoint: address,
      identity,
      height: 10,
      chaincodes: [
        { name: "basic", version: "1" },
        { name: "_lifecycle", version: "1" },
      ],
      isSelf: address === "peer0.Org1MSP:7051",
    }));
    while (this.ledger.height < 10) this.ledger.commit();
    this.ledger.define("basic", definition("AND('Org1MSP.peer', 'Org2MSP.peer')"));
    const channel = { config: { current: () => material.config }, ledger: this.ledger };
    this.gateway = new Gateway(
      {
        channels: { channel: (id) => (id === CHANNEL ? channel : undefined) },
        membership: { members: (id) => (id === CHANNEL ? this.members : []) },
        endorser: {
          processProposal: (signed, { signal }) => this.#endorseLocally(signed, signal),
        },
        dialer: this.#dialer(),
        clock: systemClock,
        timers: systemTimers,
        random: new SeededRandom(7),
        logger: silentLogger,
        meter: silentMeter,
      },
      {
        local: { mspId: "Org1MSP", endpoint: "peer0.Org1MSP:7051" },
        systemChaincodes: ["_lifecycle", "qscc"],
        ...options,
      },
    );
  }

  /** Calls a unary method; `call` may end it. */
  unary<Response>(name: string, request: unknown, call: Partial<RpcCall> = {}): Promise<Response> {
    const binding = this.gateway.bindings().find(({ method }) => method.path.endsWith(`/${name}`));
    if (binding?.kind !== "unary") throw new Error(`no unary method ${name}`);
    const { request: codec } = binding.method;
    const message = codec.decode(codec.encode(request));
    return binding.handler(message, callOf(call)) as Promise<Response>;
  }

  /** Calls the method for events and collects what it sends. */
  events(
    request: unknown,
    send: (response: unknown) => void,
    call: Partial<RpcCall>,
  ): Promise<void> {
    const binding = this.gateway.bindings().find(({ kind }) => kind === "stream");
    if (binding?.kind !== "stream") throw new Error("no stream method");
    const requests = new AsyncQueue<unknown>(1);
    requests.push(request);
    requests.end();
    const take = (response: unknown): Promise<void> => {
      send(response);
      return Promise.resolve();
    };
    return binding.handler(requests, take, callOf(call));
  }

  async #respond(
    address: string,
    signed: SignedProposal,
    signal: AbortSignal,
  ): Promise<ProposalResponse> {
    this.asked.push(address);
    const script = this.scripts.get(address) ?? ((): Partially<ProposalResponse> => good(address));
    return create<ProposalResponse>(ProposalResponse, await script(signed, signal));
  }

  async #endorseLocally(signed: SignedProposal, signal: AbortSignal): Promise<EndorserAnswer> {
    const response = await this.#respond("peer0.Org1MSP:7051", signed, signal);
    return this.rejection === undefined
      ? { kind: "response", response }
      : { kind: "rejected", response, message: this.rejection };
  }

  #dialer(): RpcDialer {
    return {
      localCertificate: undefined,
      dial: ({ address }): RpcChannel => ({
        address,
        unary: async <Request, Response>(
          _: RpcMethod<Request, Response>,
          request: Request,
          options: { readonly signal?: AbortSignal } = {},
        ) => {
          const signal = options.signal ?? new AbortController().signal;
          return (await this.#respond(address, request as SignedProposal, signal)) as Response;
        },
        stream: <Request, Response>() =>
          this.#broadcastStream(address) as unknown as RpcStream<Request, Response>,
        close: () => undefined,
      }),
    };
  }

  #broadcastStream(address: string): RpcStream<Envelope, BroadcastResponse> {
    this.streamsOpened.push(address);
    const responses = new AsyncQueue<BroadcastResponse>(10);
    return {
      send: async (envelope) => {
        this.asked.push(address);
        const script = this.orderers.get(address) ?? ((): BroadcastResponse => SUCCESS);
        const response = await script(envelope);
        if (response === undefined) responses.fail(new RpcError("UNAVAILABLE", "connection lost"));
        else responses.push(response);
        if (response?.status !== SUCCESS.status) responses.end();
      },
      end: () => undefined,
      cancel: () => {
        responses.end();
      },
      responses,
      peerCertificate: () => undefined,
    };
  }
}

export const SUCCESS: BroadcastResponse = { status: 200, info: "" };

/** An endorsement by the peer at `address`. */
export function good(address: string, result = "result"): Partially<ProposalResponse> {
  return {
    response: { status: 200, payload: utf8(result) },
    payload: payloadOf(result),
    endorsement: { endorser: utf8(address), signature: utf8(`signature of ${address}`) },
  };
}

/** A call that nobody ends, changed by `call`. */
export function callOf(call: Partial<RpcCall>): RpcCall {
  return {
    signal: new AbortController().signal,
    isDeadlineExceeded: () => false,
    peerAddress: "client:1",
    peerCertificate: undefined,
    localCertificate: undefined,
    ...call,
  };
}

/** What a client signs. */
export function proposal(
  changes: {
    readonly channelId?: string;
    readonly chaincode?: string;
    readonly transient?: ReadonlyMap<string, Uint8Array>;
    readonly spec?: Partially<ChaincodeInvocationSpec>;
  } = {},
): SignedProposal {
  const { channelId = CHANNEL, chaincode = "basic", transient = new Map() } = changes;
  const chaincodeId = { name: chaincode };
  const spec = changes.spec ?? { chaincodeSpec: { chaincodeId, input: { args: [utf8("f")] } } };
  const extension = encode(
    ChaincodeHeaderExtension,
    create(ChaincodeHeaderExtension, { chaincodeId }),
  );
  const header = encode(Header, {
    channelHeader: encode(
      ChannelHeader,
      create(ChannelHeader, { type: 3, channelId, txId: "tx", extension }),
    ),
    signatureHeader: encode(SignatureHeader, { creator: utf8("creator"), nonce: utf8("nonce") }),
  });
  const payload = encode(ChaincodeProposalPayload, {
    input: encode(
      ChaincodeInvocationSpec,
      create<ChaincodeInvocationSpec>(ChaincodeInvocationSpec, spec),
    ),
    transientMap: new Map(transient),
  });
  const proposalBytes = encode(Proposal, { header, payload, extension: EMPTY_BYTES });
  return { proposalBytes, signature: utf8("signature") };
}

/** What a client is told about a failure; details as `address mspId: message`. */
export async function failureOf(work: Promise<unknown>): Promise<{
  readonly code: string;
  readonly message: string;
  readonly details: readonly string[];
}> {
  const error = await work.then(
    () => new Error("it succeeded"),
    (cause: unknown) => cause,
  );
  if (!(error instanceof RpcError)) throw error;
  const { code, message, statusDetails } = error;
  if (statusDetails === undefined) return { code, message, details: [] };
  const status = decode(RpcStatus, statusDetails);
  if (CODES[status.code] !== code || status.message !== message) throw new Error("details differ");
  const details = status.details.map(({ typeUrl, value }) => {
    if (typeUrl !== "type.googleapis.com/gateway.ErrorDetail") throw new Error(typeUrl);
    const detail = decode(ErrorDetail, value);
    return `${detail.address} ${detail.mspId}: ${detail.message}`;
  });
  return { code, message, details };
}
