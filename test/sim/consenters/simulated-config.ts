/** Configurations of a simulated channel: real certificates and rules, and a few elements to change. */
import type { ChannelConfig } from "../../../src/channel/index.ts";
import { utf8, utf8Decode } from "../../../src/kernel/bytes.ts";
import type { Block } from "../../../src/wire/index.ts";
import {
  ChannelHeader,
  Config,
  ConfigEnvelope,
  ConfigGroup,
  Envelope,
  HeaderType,
  Payload,
  SignatureHeader,
  blockDataHash,
  create,
  encode,
  decode,
  openEnvelope,
} from "../../../src/wire/index.ts";
import { EMPTY_BYTES } from "../../../src/kernel/bytes.ts";
import type {
  ConfigJudgement,
  ConfigUpdateVerdict,
  GroupState,
} from "../../../cluster/ordering/config-updates.ts";
import { consenterFault } from "../../../cluster/ordering/consenter-rules.ts";
import { SAMPLE_NOW_MS, sampleChannel } from "../../support/sample-channel.ts";

export const CHANNEL = "ch1";
export const MACHINES: readonly number[] = [1, 2, 3, 4, 5];
export const VERSIONS = 6;

export interface Consenter {
  readonly machine: number;
  /** Of its certificate. */
  readonly version: number;
}

/** What a client wants, made against the version of the element that it changes, as Fabric's read set says. */
export interface Change {
  readonly id: number;
  readonly base: number;
  readonly what:
    | { readonly type: "add" | "remove" | "rotate"; readonly machine: number }
    | { readonly type: "tune"; readonly electionTicks: number; readonly inflightMax: number }
    | { readonly type: "batch"; readonly countMax: number };
}

/** What a configuration says. */
export interface Content {
  readonly sequence: number;
  readonly consensusVersion: number;
  readonly batchVersion: number;
  readonly consenters: readonly Consenter[];
  readonly electionTicks: number;
  readonly inflightMax: number;
  readonly countMax: number;
}

const FIRST: Content = {
  sequence: 0,
  consensusVersion: 0,
  batchVersion: 0,
  consenters: [1, 2, 3].map((machine) => ({ machine, version: 0 })),
  electionTicks: 10,
  inflightMax: 3,
  countMax: 5,
};

/** The certificates of all machines, in all their versions. */
export class Certificates {
  readonly rootPem: Uint8Array;
  readonly #pems: readonly (readonly Uint8Array[])[];

  private constructor(rootPem: Uint8Array, pems: readonly (readonly Uint8Array[])[]) {
    this.rootPem = rootPem;
    this.#pems = pems;
  }

  static async issue(): Promise<Certificates> {
    const { tls } = (await sampleChannel()).ordererOrg;
    const issue = async (machine: number): Promise<Uint8Array> => {
      const commonName = `machine${machine}`;
      return (await tls.issueTls({ commonName, alternativeNames: [] })).certificatePem;
    };
    const versions = Array.from({ length: VERSIONS });
    const pems = await Promise.all(
      MACHINES.map((machine) => Promise.all(versions.map(() => issue(machine)))),
    );
    return new Certificates(tls.certificatePem, pems);
  }

  pem({ machine, version }: Consenter): Uint8Array {
    return this.#pems[machine - 1]![version]!;
  }

  /** Whose certificate this is. */
  owner(pem: Uint8Array): Consenter {
    for (const machine of MACHINES) {
      const version = this.#pems[machine - 1]!.findIndex((each) => each === pem);
      if (version >= 0) return { machine, version };
    }
    throw new Error("nobody has this certificate");
  }

  configOf(content: Content): ChannelConfig {
    const { sequence, countMax, electionTicks, inflightMax } = content;
    const config = {
      channelId: CHANNEL,
      sequence,
      content,
      orderer: {
        consensusType: "etcdraft",
        batchSize: { messageCountMax: countMax, preferredBytesMax: 400, absoluteBytesMax: 2_000 },
        batchTimeoutMs: 200,
        raftOptions: {
          tickIntervalMs: 10,
          electionTicks,
          heartbeatTicks: 1,
          inflightBlocksMax: inflightMax,
          snapshotIntervalBytes: 4_000,
        },
        organizations: [{ tlsRootsPem: [this.rootPem] }],
        consenters: content.consenters.map((consenter) => ({
          host: `machine${consenter.machine}`,
          port: 7050,
          clientTlsCertPem: this.pem(consenter),
          serverTlsCertPem: this.pem(consenter),
        })),
      },
    };
    return config as unknown as ChannelConfig;
  }
}

export function contentOf(config: ChannelConfig): Content {
  return (config as unknown as { readonly content: Content }).content;
}

/** `undefined` where a change does not fit. */
function changed(content: Content, { base, what }: Change): Content | undefined {
  const sequence = content.sequence + 1;
  const isBatch = what.type === "batch";
  if (base !== (isBatch ? content.batchVersion : content.consensusVersion)) return undefined;
  if (isBatch) {
    return { ...content, sequence, batchVersion: base + 1, countMax: what.countMax };
  }
  const next = { ...content, sequence, consensusVersion: base + 1 };
  if (what.type === "tune") {
    const { electionTicks, inflightMax } = what;
    return { ...next, electionTicks, inflightMax };
  }
  const consenters = changedConsenters(content.consenters, what.type, what.machine, sequence);
  return consenters && { ...next, consenters };
}

function changedConsenters(
  before: readonly Consenter[],
  type: "add" | "remove" | "rotate",
  machine: number,
  sequence: number,
): readonly Consenter[] | undefined {
  const known = before.find((each) => each.machine === machine);
  if (type === "add") {
    const version = sequence % VERSIONS;
    return known === undefined ? [...before, { machine, version }] : undefined;
  }
  if (known === undefined) return undefined;
  const others = before.filter((each) => each !== known);
  if (type === "remove") return others.length === 0 ? undefined : others;
  const version = (known.version + 1) % VERSIONS;
  return before.map((each) => (each === known ? { machine, version } : each));
}

export function genesisBlock(): Block {
  const data = [encode(Envelope, configEnvelope(FIRST, undefined))];
  return {
    header: { number: 0, previousHash: EMPTY_BYTES, dataHash: blockDataHash(data) },
    data: { data },
    metadata: { metadata: Array.from({ length: 5 }, () => EMPTY_BYTES) },
  };
}

/** What a config block brings into force. */
export function contentOfBlock(block: Block): Content {
  const envelope = decode(Envelope, block.data!.data[0]!);
  const reading = readEnvelope(envelope);
  return reading.content;
}

/** The number of the change that a config envelope brings; `undefined` for the first configuration's. */
export function changeIn(envelope: Uint8Array): number | undefined {
  return readEnvelope(decode(Envelope, envelope)).change?.id;
}

function readEnvelope(envelope: Envelope): {
  readonly content: Content;
  readonly change: Change | undefined;
} {
  const reading = openEnvelope(envelope);
  if (reading.kind !== "opened") throw new Error("a configuration can be read");
  const { config, lastUpdate } = decode(ConfigEnvelope, reading.opened.payload.data);
  const content = JSON.parse(config!.channelGroup!.modPolicy) as Content;
  const change =
    lastUpdate === undefined ? undefined : (JSON.parse(utf8Decode(lastUpdate.payload)) as Change);
  return { content, change };
}

function configEnvelope(content: Content, change: Change | undefined): Envelope {
  const lastUpdate =
    change === undefined
      ? undefined
      : { payload: utf8(JSON.stringify(change)), signature: EMPTY_BYTES };
  const channelGroup = create(ConfigGroup, { modPolicy: JSON.stringify(content) });
  const config = create(Config, { sequence: content.sequence, channelGroup });
  const channelHeader = create(ChannelHeader, { type: HeaderType.CONFIG, channelId: CHANNEL });
  const signatureHeader = { creator: utf8("orderer"), nonce: utf8(`nonce ${content.sequence}`) };
  const header = {
    channelHeader: encode(ChannelHeader, channelHeader),
    signatureHeader: encode(SignatureHeader, signatureHeader),
  };
  const data = encode(ConfigEnvelope, { config, lastUpdate });
  return { payload: encode(Payload, { header, data }), signature: utf8("s") };
}

/** As `ConfigUpdates`, for these configurations, with its rules for consenters. */
export class SimulatedConfigUpdates {
  readonly #certificates: Certificates;
  readonly #current: () => ChannelConfig;
  readonly #group: () => GroupState;

  constructor(certificates: Certificates, current: () => ChannelConfig, group: () => GroupState) {
    this.#certificates = certificates;
    this.#current = current;
    this.#group = group;
  }

  process(change: Change): ConfigUpdateVerdict {
    const current = this.#current();
    const content = changed(contentOf(current), change);
    if (content === undefined) return refused("it was made against another configuration");
    const group = this.#group();
    const fault = consenterFault(current, this.#certificates.configOf(content), {
      membership: group.membership(),
      activeIds: group.activeIds(),
      voterIds: group.voterIds(),
      pending: group.pending(),
      nowMs: SAMPLE_NOW_MS,
    });
    if (fault !== undefined) return refused(fault);
    const envelope = configEnvelope(content, change);
    return { kind: "made", envelope, configSequence: current.sequence };
  }

  reprocess(envelope: Envelope): Promise<ConfigUpdateVerdict> {
    return Promise.resolve(this.process(readEnvelope(envelope).change!));
  }

  judge(envelope: Envelope): Promise<ConfigJudgement> {
    const { content, change } = readEnvelope(envelope);
    const expected = change && changed(contentOf(this.#current()), change);
    const isRight = JSON.stringify(expected) === JSON.stringify(content);
    return Promise.resolve(
      isRight
        ? { ok: true, next: this.#certificates.configOf(content) }
        : { ok: false, reason: "it is not what its update makes of the configuration" },
    );
  }
}

function refused(info: string): ConfigUpdateVerdict {
  return { kind: "refused", refusal: { status: 400, info } };
}
