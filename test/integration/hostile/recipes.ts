/** For every method that nodes serve: what they take, and what is well formed and yet to be refused. */
import { sha256, parseCertificate } from "../../../src/crypto/index.ts";
import { EMPTY_BYTES, utf8 } from "../../../src/kernel/bytes.ts";
import {
  BroadcastResponse,
  ChaincodeEventsRequest,
  ChaincodeID,
  ChaincodeMessage,
  ChaincodeMessage_Type,
  CommitStatusRequest,
  create,
  decode,
  DeliverResponse,
  encode,
  EndorseRequest,
  Envelope,
  EvaluateRequest,
  GatewaySubmitRequest,
  GossipEnvelope,
  GossipMessage,
  GossipMessage_Tag,
  HeaderType,
  HealthCheckRequest,
  PeerDeliverResponse,
  ProposalResponse,
  SerializedIdentity,
  SignedChaincodeEventsRequest,
  SignedCommitStatusRequest,
  SignedProposal,
  Status,
  StepRequest,
  type ConnEstablish,
  type Partially,
} from "../../../src/wire/index.ts";
import { HANG_MS, type Outcome } from "./caller.ts";
import {
  envelopeOf,
  flawOf,
  proposalOf,
  seekFirst,
  signatureOf,
  type Draft,
  type Flaw,
} from "./drafts.ts";
import type { Nodes, TlsMaterial } from "./nodes.ts";

export type NodeName = "orderer" | "peer" | "chaincode";

export interface Recipe {
  readonly node: NodeName;
  readonly path: string;
  /** Tells recipes of one path apart. */
  readonly when?: string;
  /** What is sent on the stream first. */
  readonly before?: (nodes: Nodes) => Promise<Uint8Array>;
  /** A message that is taken; at the chaincode listener, the best that a stranger can do. */
  readonly good: (nodes: Nodes) => Promise<Uint8Array>;
  /** Messages that are well formed and to be refused, by what is wrong. */
  readonly wrong: (nodes: Nodes) => Readonly<Record<string, () => Promise<Uint8Array>>>;
  /** Messages with the given bytes where only the right caller can put them. */
  readonly inside: (nodes: Nodes, bytes: Uint8Array) => readonly Promise<Uint8Array>[];
  /** Whether the answer is one to a message that nothing is wrong with. */
  readonly isTaken: (outcome: Outcome) => boolean;
  /** What the caller presents in TLS. */
  readonly tls?: (nodes: Nodes) => TlsMaterial;
  /** For a stream that stays open when its message is taken: how long it is listened to. */
  readonly openMs?: number;
}

const AUTHORSHIP: readonly Flaw[] = [
  "a wrong signature",
  "another organisation",
  "an impostor's certificate",
];
const STREAM_OPEN_MS = 300;
const LARGE_TEXT = "🧵".repeat(300_000);

function draftOf(nodes: Nodes, changes: Partial<Draft> = {}): Draft {
  return { signer: nodes.signers.member, channelId: nodes.topology.channelId, ...changes };
}

function flawed(
  nodes: Nodes,
  flaws: readonly Flaw[],
  make: (draft: Draft) => Promise<Uint8Array>,
): Record<string, () => Promise<Uint8Array>> {
  const named = flaws.map((flaw): [string, () => Promise<Uint8Array>] => [
    flaw,
    () => make(draftOf(nodes, flawOf(flaw, nodes.signers))),
  ]);
  return {
    ...Object.fromEntries(named),
    "a channel's name of a megabyte": () => make(draftOf(nodes, { channelId: LARGE_TEXT })),
  };
}

async function transaction(draft: Draft, data = utf8("no transaction")): Promise<Uint8Array> {
  const { envelope } = await envelopeOf(draft, HeaderType.ENDORSER_TRANSACTION, data);
  return encode(Envelope, envelope);
}

async function seek(draft: Draft, data = seekFirst()): Promise<Uint8Array> {
  const { envelope } = await envelopeOf(draft, HeaderType.DELIVER_SEEK_INFO, data);
  return encode(Envelope, envelope);
}

/** `GetChainInfo` of qscc: every peer can answer it. */
function chainInfo(draft: Draft, payload?: Uint8Array): ReturnType<typeof proposalOf> {
  const args = ["GetChainInfo", draft.channelId].map((text) => utf8(text));
  return proposalOf(draft, {
    chaincode: "qscc",
    args,
    ...(payload === undefined ? {} : { payload }),
  });
}

function hasStatus(outcome: Outcome, wanted: (last: Uint8Array) => boolean): boolean {
  const last = outcome.responses.at(-1);
  return outcome.status === "OK" && last !== undefined && wanted(last);
}

const broadcast: Recipe = {
  node: "orderer",
  path: "/orderer.AtomicBroadcast/Broadcast",
  good: (nodes) => transaction(draftOf(nodes)),
  wrong: (nodes) =>
    flawed(nodes, [...AUTHORSHIP, "an expired certificate", "a wrong channel"], (draft) =>
      transaction(draft),
    ),
  inside: (nodes, bytes) => [
    signedEnvelope(nodes, bytes),
    envelopeOf(draftOf(nodes), HeaderType.CONFIG_UPDATE, bytes).then(({ envelope }) =>
      encode(Envelope, envelope),
    ),
  ],
  isTaken: (outcome) =>
    hasStatus(outcome, (last) => decode(BroadcastResponse, last).status === Status.SUCCESS),
};

async function signedEnvelope(nodes: Nodes, payload: Uint8Array): Promise<Uint8Array> {
  return encode(Envelope, { payload, signature: await nodes.signers.member.sign(payload) });
}

function deliver(node: NodeName, path: string): Recipe {
  const statusOf = (last: Uint8Array): Status | undefined => {
    const { type } =
      node === "peer" ? decode(PeerDeliverResponse, last) : decode(DeliverResponse, last);
    return type?.$case === "status" ? type.value : undefined;
  };
  return {
    node,
    path,
    good: (nodes) => seek(draftOf(nodes)),
    wrong: (nodes) => ({
      ...flawed(
        nodes,
        [
          ...AUTHORSHIP,
          "an expired certificate",
          "a wrong channel",
          "an old timestamp",
          "a timestamp to come",
        ],
        (draft) => seek(draft),
      ),
      "no positions": () => seek(draftOf(nodes), EMPTY_BYTES),
    }),
    inside: (nodes, bytes) => [seek(draftOf(nodes), bytes), signedEnvelope(nodes, bytes)],
    isTaken: (outcome) => hasStatus(outcome, (last) => statusOf(last) === Status.SUCCESS),
  };
}

const step: Recipe = {
  node: "orderer",
  path: "/orderer.Cluster/Step",
  tls: (nodes) => nodes.ordererTls,
  good: async (nodes) => submitRequest(nodes.topology.channelId, await transaction(draftOf(nodes))),
  wrong: (nodes) => ({
    "a wrong channel": async () => submitRequest("elsewhere", await transaction(draftOf(nodes))),
    "no channel": async () => submitRequest("", await transaction(draftOf(nodes))),
    "a channel's name of a megabyte": async () =>
      submitRequest(LARGE_TEXT, await transaction(draftOf(nodes))),
    "a message that is none": () =>
      Promise.resolve(consensusRequest(nodes, new Uint8Array([0xff, 0xff]))),
  }),
  inside: (nodes, bytes) => [
    Promise.resolve(
      submitRequest(nodes.topology.channelId, encode(Envelope, bytesEnvelope(bytes))),
    ),
  ],
  isTaken: ({ status }) => status === "OK",
};

function bytesEnvelope(bytes: Uint8Array): Envelope {
  return { payload: bytes, signature: bytes };
}

function submitRequest(channel: string, envelope: Uint8Array): Uint8Array {
  const payload = decode(Envelope, envelope);
  return encode(StepRequest, {
    payload: { $case: "submitRequest", value: { channel, lastValidationSeq: 0, payload } },
  });
}

function consensusRequest(nodes: Nodes, payload: Uint8Array): Uint8Array {
  const channel = nodes.topology.channelId;
  return encode(StepRequest, {
    payload: { $case: "consensusRequest", value: { channel, payload, metadata: EMPTY_BYTES } },
  });
}

const processProposal: Recipe = {
  node: "peer",
  path: "/protos.Endorser/ProcessProposal",
  good: async (nodes) => encode(SignedProposal, (await chainInfo(draftOf(nodes))).signed),
  wrong: (nodes) => ({
    ...flawed(
      nodes,
      [
        ...AUTHORSHIP,
        "an expired certificate",
        "a wrong channel",
        "a wrong transaction id",
        "an old timestamp",
        "a timestamp to come",
      ],
      async (draft) => encode(SignedProposal, (await chainInfo(draft)).signed),
    ),
    "a transaction id of a megabyte": async () =>
      encode(SignedProposal, (await chainInfo(draftOf(nodes, { txId: LARGE_TEXT }))).signed),
    "an unknown chaincode": async () =>
      encode(
        SignedProposal,
        (await proposalOf(draftOf(nodes), { chaincode: "nobody", args: [] })).signed,
      ),
    "a chaincode's name of a megabyte": async () =>
      encode(
        SignedProposal,
        (await proposalOf(draftOf(nodes), { chaincode: LARGE_TEXT, args: [] })).signed,
      ),
  }),
  inside: (nodes, bytes) => [
    ...calls(nodes, bytes).map(async (proposal) => encode(SignedProposal, (await proposal).signed)),
    signedProposal(nodes, bytes),
  ],
  isTaken: (outcome) =>
    hasStatus(outcome, (last) => (decode(ProposalResponse, last).response?.status ?? 0) === 200),
};

async function signedProposal(nodes: Nodes, proposalBytes: Uint8Array): Promise<Uint8Array> {
  const signature = await nodes.signers.member.sign(proposalBytes);
  return encode(SignedProposal, { proposalBytes, signature });
}

/** Every built-in chaincode's functions with hostile arguments. */
function calls(nodes: Nodes, bytes: Uint8Array): readonly ReturnType<typeof proposalOf>[] {
  const draft = draftOf(nodes);
  const onChannel: readonly (readonly [string, readonly string[]])[] = [
    ["qscc", ["GetBlockByNumber", "GetBlockByHash", "GetTransactionByID", "GetBlockByTxID"]],
    ["_lifecycle", ["ApproveChaincodeDefinitionForMyOrg", "CommitChaincodeDefinition"]],
    ["_lifecycle", ["CheckCommitReadiness", "QueryChaincodeDefinition"]],
  ];
  const local: readonly (readonly [string, readonly string[]])[] = [
    ["_lifecycle", ["InstallChaincode", "QueryInstalledChaincode", "QueryInstalledChaincodes"]],
    ["cscc", ["JoinChain", "GetChannels", "GetConfigBlock"]],
  ];
  const proposals = (
    from: Draft,
    table: typeof local,
    args: (name: string) => readonly Uint8Array[],
  ): ReturnType<typeof proposalOf>[] =>
    table.flatMap(([chaincode, names]) =>
      names.map((name) => proposalOf(from, { chaincode, args: args(name) })),
    );
  return [
    ...proposals(draft, onChannel, (name) => [utf8(name), bytes]),
    ...proposals(draft, onChannel, (name) => [utf8(name), utf8(draft.channelId), bytes]),
    ...proposals({ ...draft, channelId: "" }, local, (name) => [utf8(name), bytes]),
    proposalOf(draft, { chaincode: "qscc", args: [bytes, bytes] }),
    proposalOf(draft, { chaincode: "qscc", args: [] }),
    chainInfo(draft, bytes),
  ];
}

function gatewayProposal(
  path: string,
  isTaken: Recipe["isTaken"],
  pack: (signed: SignedProposal | undefined, txId: string, channelId: string) => Uint8Array,
): Recipe {
  const make = async (draft: Draft): Promise<Uint8Array> => {
    const { signed, txId } = await chainInfo(draft);
    return pack(signed, txId, draft.channelId);
  };
  return {
    node: "peer",
    path,
    good: (nodes) => make(draftOf(nodes)),
    wrong: (nodes) => ({
      ...flawed(
        nodes,
        [
          ...AUTHORSHIP,
          "an expired certificate",
          "a wrong channel",
          "a wrong transaction id",
          "an old timestamp",
          "a timestamp to come",
        ],
        make,
      ),
      "no proposal": () => Promise.resolve(pack(undefined, "", nodes.topology.channelId)),
      "an unknown chaincode": async () => {
        const draft = draftOf(nodes);
        const { signed, txId } = await proposalOf(draft, { chaincode: LARGE_TEXT, args: [] });
        return pack(signed, txId, draft.channelId);
      },
    }),
    inside: (nodes, bytes) => [
      ...calls(nodes, bytes).map(async (proposal) => {
        const { signed, txId } = await proposal;
        return pack(signed, txId, nodes.topology.channelId);
      }),
      signedProposal(nodes, bytes).then((signed) =>
        pack(decode(SignedProposal, signed), "", nodes.topology.channelId),
      ),
    ],
    isTaken,
  };
}

const evaluate = gatewayProposal(
  "/gateway.Gateway/Evaluate",
  ({ status }) => status === "OK",
  (proposedTransaction, transactionId, channelId) =>
    encode(EvaluateRequest, {
      transactionId,
      channelId,
      proposedTransaction,
      targetOrganizations: [],
    }),
);

const endorse = gatewayProposal(
  "/gateway.Gateway/Endorse",
  // Endorsed by its own peer, the proposal gets as far as the plan, which qscc has none of.
  ({ status, details }) =>
    status === "FAILED_PRECONDITION" && details.includes("was found for chaincode qscc"),
  (proposedTransaction, transactionId, channelId) =>
    encode(EndorseRequest, {
      transactionId,
      channelId,
      proposedTransaction,
      endorsingOrganizations: [],
    }),
);

const submit: Recipe = {
  node: "peer",
  path: "/gateway.Gateway/Submit",
  good: (nodes) => submission(draftOf(nodes)),
  wrong: (nodes) =>
    flawed(nodes, [...AUTHORSHIP, "an expired certificate", "a wrong channel"], submission),
  inside: (nodes, bytes) => [
    Promise.resolve(
      encode(GatewaySubmitRequest, {
        transactionId: "",
        channelId: nodes.topology.channelId,
        preparedTransaction: bytesEnvelope(bytes),
      }),
    ),
  ],
  isTaken: ({ status }) => status === "OK",
};

async function submission(draft: Draft): Promise<Uint8Array> {
  const { envelope, txId } = await envelopeOf(
    draft,
    HeaderType.ENDORSER_TRANSACTION,
    utf8("no transaction"),
  );
  return encode(GatewaySubmitRequest, {
    transactionId: txId,
    channelId: draft.channelId,
    preparedTransaction: envelope,
  });
}

const commitStatus: Recipe = {
  node: "peer",
  path: "/gateway.Gateway/CommitStatus",
  good: (nodes) => statusRequest(draftOf(nodes)),
  wrong: (nodes) => flawed(nodes, [...AUTHORSHIP, "a wrong channel"], statusRequest),
  inside: (nodes, bytes) => [
    signedBy(nodes, bytes).then((signed) => encode(SignedCommitStatusRequest, signed)),
  ],
  isTaken: ({ status }) => status === "OK" || status === "DEADLINE_EXCEEDED",
  // Of a transaction that nobody has submitted it speaks only when the caller has had enough.
  openMs: STREAM_OPEN_MS,
};

async function statusRequest(draft: Draft): Promise<Uint8Array> {
  const { channelId, signer } = draft;
  const request = encode(CommitStatusRequest, {
    transactionId: draft.txId ?? "1".repeat(64),
    channelId,
    identity: signer.identity,
  });
  return encode(SignedCommitStatusRequest, {
    request,
    signature: await signatureOf(draft, request),
  });
}

const chaincodeEvents: Recipe = {
  node: "peer",
  path: "/gateway.Gateway/ChaincodeEvents",
  good: (nodes) => eventsRequest(draftOf(nodes)),
  wrong: (nodes) => flawed(nodes, [...AUTHORSHIP, "a wrong channel"], eventsRequest),
  inside: (nodes, bytes) => [
    signedBy(nodes, bytes).then((signed) => encode(SignedChaincodeEventsRequest, signed)),
  ],
  isTaken: ({ status }) => status === "CANCELLED",
  openMs: STREAM_OPEN_MS,
};

async function eventsRequest(draft: Draft): Promise<Uint8Array> {
  const { channelId, signer } = draft;
  const request = encode(
    ChaincodeEventsRequest,
    create(ChaincodeEventsRequest, { channelId, chaincodeId: "basic", identity: signer.identity }),
  );
  return encode(SignedChaincodeEventsRequest, {
    request,
    signature: await signatureOf(draft, request),
  });
}

async function signedBy(
  nodes: Nodes,
  request: Uint8Array,
): Promise<{ readonly request: Uint8Array; readonly signature: Uint8Array }> {
  return { request, signature: await nodes.signers.member.sign(request) };
}

const gossipStream: Recipe = {
  node: "peer",
  path: "/gossip.Gossip/GossipStream",
  tls: (nodes) => nodes.otherPeerTls,
  good: (nodes) => handshake(nodes, draftOf(nodes, { signer: nodes.signers.otherPeer })),
  wrong: (nodes) => {
    const draft = draftOf(nodes, { signer: nodes.signers.otherPeer });
    return {
      ...Object.fromEntries(
        (
          ["another organisation", "an impostor's certificate", "an expired certificate"] as const
        ).map((flaw) => [
          flaw,
          () => handshake(nodes, draftOf(nodes, flawOf(flaw, nodes.signers))),
        ]),
      ),
      "a wrong signature": () => handshake(nodes, { ...draft, isForged: true }),
      "the proof for another connection": () =>
        handshake(nodes, draft, { tlsCertHash: new Uint8Array(32) }),
      "another's PKI-ID": () => handshake(nodes, draft, { pkiId: new Uint8Array(32) }),
      "a message before the proof": () =>
        Promise.resolve(
          encode(GossipEnvelope, {
            payload: encode(GossipMessage, create(GossipMessage, {})),
            signature: EMPTY_BYTES,
            secretEnvelope: undefined,
          }),
        ),
    };
  },
  inside: (nodes, bytes) => [
    nodes.signers.otherPeer
      .sign(bytes)
      .then((signature) =>
        encode(GossipEnvelope, { payload: bytes, signature, secretEnvelope: undefined }),
      ),
    handshake(nodes, draftOf(nodes, { signer: nodes.signers.otherPeer }), { identity: bytes }),
  ],
  isTaken: ({ status }) => status === "OK",
};

async function handshake(
  nodes: Nodes,
  draft: Draft,
  changes: Partial<ConnEstablish> = {},
): Promise<Uint8Array> {
  const { identity } = draft.signer;
  const { mspid, idBytes } = decode(SerializedIdentity, identity);
  const value: ConnEstablish = {
    pkiId: sha256(utf8(mspid), idBytes),
    identity,
    tlsCertHash: sha256(parseCertificate(nodes.otherPeerTls.certificatePem).der),
    probe: false,
    ...changes,
  };
  const payload = encode(GossipMessage, {
    nonce: "0",
    channel: EMPTY_BYTES,
    tag: GossipMessage_Tag.EMPTY,
    content: { $case: "conn", value },
  });
  const signature = await signatureOf(draft, payload);
  return encode(GossipEnvelope, { payload, signature, secretEnvelope: undefined });
}

const gossipMessage: Recipe = {
  node: "peer",
  path: gossipStream.path,
  when: "after the proof",
  tls: (nodes) => nodes.otherPeerTls,
  before: gossipStream.good,
  good: (nodes) => {
    const value = { channelMac: EMPTY_BYTES };
    const content = { $case: "stateInfoPullReq" as const, value };
    return sealed(nodes, { content, tag: GossipMessage_Tag.CHAN_OR_ORG });
  },
  wrong: () => ({}),
  inside: (nodes, bytes) => [
    sealed(nodes, {
      channel: utf8(nodes.topology.channelId),
      tag: GossipMessage_Tag.CHAN_AND_ORG,
      content: {
        $case: "dataMsg",
        value: { payload: { seqNum: 1, data: bytes, privateData: [bytes] } },
      },
    }),
    sealed(nodes, {
      tag: GossipMessage_Tag.EMPTY,
      content: {
        $case: "peerIdentity",
        value: { pkiId: bytes, cert: bytes, metadata: bytes },
      },
    }),
  ],
  // What is wrong is dropped, and the stream goes on.
  isTaken: ({ status }) => status === "OK",
};

async function sealed(nodes: Nodes, fields: Partially<GossipMessage>): Promise<Uint8Array> {
  const payload = encode(GossipMessage, create(GossipMessage, fields));
  const signature = await nodes.signers.otherPeer.sign(payload);
  return encode(GossipEnvelope, { payload, signature, secretEnvelope: undefined });
}

const ping: Recipe = {
  node: "peer",
  path: "/gossip.Gossip/Ping",
  good: () => Promise.resolve(EMPTY_BYTES),
  wrong: () => ({}),
  inside: () => [],
  isTaken: ({ status }) => status === "OK",
};

function health(node: NodeName): readonly Recipe[] {
  const request = encode(HealthCheckRequest, { service: "" });
  const common = {
    node,
    good: () => Promise.resolve(request),
    wrong: () => ({}),
    inside: () => [],
  };
  return [
    { ...common, path: "/grpc.health.v1.Health/Check", isTaken: ({ status }) => status === "OK" },
    {
      ...common,
      path: "/grpc.health.v1.Health/Watch",
      isTaken: ({ responses }) => responses.length > 0,
      openMs: HANG_MS,
    },
  ];
}

const register: Recipe = {
  node: "chaincode",
  path: "/protos.ChaincodeSupport/Register",
  tls: (nodes) => nodes.otherPeerTls,
  good: () => Promise.resolve(registration("basic_1.0:0000")),
  wrong: () => ({
    "no name": () => Promise.resolve(registration("")),
    "a name of a megabyte": () => Promise.resolve(registration(LARGE_TEXT)),
    "an answer before the registration": () =>
      Promise.resolve(
        encode(
          ChaincodeMessage,
          create(ChaincodeMessage, { type: ChaincodeMessage_Type.COMPLETED }),
        ),
      ),
  }),
  inside: (_nodes, bytes) => [
    Promise.resolve(
      encode(
        ChaincodeMessage,
        create(ChaincodeMessage, { type: ChaincodeMessage_Type.REGISTER, payload: bytes }),
      ),
    ),
  ],
  // The peer has started no chaincode: whoever registers is a stranger.
  isTaken: () => false,
};

function registration(name: string): Uint8Array {
  return encode(
    ChaincodeMessage,
    create(ChaincodeMessage, {
      type: ChaincodeMessage_Type.REGISTER,
      payload: encode(ChaincodeID, create(ChaincodeID, { name })),
    }),
  );
}

export const recipes: readonly Recipe[] = [
  broadcast,
  deliver("orderer", "/orderer.AtomicBroadcast/Deliver"),
  step,
  ...health("orderer"),
  processProposal,
  deliver("peer", "/protos.Deliver/Deliver"),
  deliver("peer", "/protos.Deliver/DeliverFiltered"),
  evaluate,
  endorse,
  submit,
  commitStatus,
  chaincodeEvents,
  gossipStream,
  gossipMessage,
  ping,
  ...health("peer"),
  register,
];
