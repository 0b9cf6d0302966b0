/** Configuration updates as administrators make and sign them. */
import {
  applyConfigUpdate,
  computeConfigUpdate,
  readConfigUpdate,
  type ChannelConfig,
} from "../../src/channel/index.ts";
import { concatBytes, utf8 } from "../../src/kernel/bytes.ts";
import type { Signer } from "../../src/kernel/ports/signer.ts";
import { verifySignatures } from "../../src/msp/index.ts";
import type { ConfigEnvelope } from "../../src/wire/index.ts";
import {
  BatchSize,
  ChannelHeader,
  Config,
  ConfigUpdate,
  ConfigUpdateEnvelope,
  ConsensusType,
  EtcdraftConfigMetadata,
  HeaderType,
  Payload,
  SignatureHeader,
  create,
  decode,
  encode,
  type ConfigGroup,
  type ConfigSignature,
  type Envelope,
  type EtcdraftConsenter,
  type EtcdraftOptions,
} from "../../src/wire/index.ts";

/** The channel group of `config` in fresh objects, changed by `change`. */
export function changedGroup(
  config: ChannelConfig,
  change: (root: ConfigGroup) => void,
): ConfigGroup {
  const { channelGroup } = decode(Config, encode(Config, config.config));
  change(channelGroup!);
  return channelGroup!;
}

/** The update that does to `config` what `change` does to its tree. */
export function updateOf(config: ChannelConfig, change: (root: ConfigGroup) => void): ConfigUpdate {
  const group = changedGroup(config, change);
  return computeConfigUpdate(config.channelId, config.config.channelGroup!, group)!;
}

/** A CONFIG_UPDATE envelope with these configuration signatures, sent by the last signer unless another is named. */
export async function updateEnvelope(
  update: ConfigUpdate,
  signers: readonly Signer[],
  sender: Signer = signers.at(-1)!,
  channelId: string = update.channelId,
): Promise<Envelope> {
  return rawUpdateEnvelope(encode(ConfigUpdate, update), signers, sender, channelId);
}

/** As `updateEnvelope`, of a marshalled update, be it one or not. */
export async function rawUpdateEnvelope(
  configUpdate: Uint8Array,
  signers: readonly Signer[],
  sender: Signer,
  channelId: string,
): Promise<Envelope> {
  const signatures = await Promise.all(signers.map((signer) => signUpdate(configUpdate, signer)));
  const data = encode(ConfigUpdateEnvelope, { configUpdate, signatures });
  return signedEnvelope(HeaderType.CONFIG_UPDATE, channelId, data, sender);
}

async function signUpdate(configUpdate: Uint8Array, signer: Signer): Promise<ConfigSignature> {
  const nonce = utf8("configuration signature");
  const signatureHeader = encode(SignatureHeader, { creator: signer.identity, nonce });
  const signature = await signer.sign(concatBytes(signatureHeader, configUpdate));
  return { signatureHeader, signature };
}

async function signedEnvelope(
  type: HeaderType,
  channelId: string,
  data: Uint8Array,
  sender: Signer,
): Promise<Envelope> {
  const channelHeader = encode(ChannelHeader, create(ChannelHeader, { type, channelId }));
  const nonce = utf8("configuration envelope");
  const signatureHeader = encode(SignatureHeader, { creator: sender.identity, nonce });
  const payload = encode(Payload, { header: { channelHeader, signatureHeader }, data });
  return { payload, signature: await sender.sign(payload) };
}

/** What an orderer makes of an update that sets the batch size, signed by an administrator of the orderers. */
export async function nextConfigEnvelope(
  config: ChannelConfig,
  admin: Signer,
  messageCountMax = 7,
): Promise<ConfigEnvelope> {
  const update = updateOf(config, (root) => {
    setBatchSize(root, messageCountMax);
  });
  const reading = readConfigUpdate(await updateEnvelope(update, [admin]));
  if (!reading.ok) throw new Error(reading.reason);
  const signers = await verifySignatures(config.mspManager, reading.request.signedData);
  const outcome = applyConfigUpdate(config, reading.request, signers);
  if (!outcome.ok) throw new Error(outcome.reason);
  return outcome.envelope;
}

/** Sets how many messages a batch has, and Fabric's other sizes. */
export function setBatchSize(root: ConfigGroup, messageCountMax: number): void {
  const { values } = root.groups.get("Orderer")!;
  const value = encode(BatchSize, {
    maxMessageCount: messageCountMax,
    absoluteMaxBytes: 10 * 1024 * 1024,
    preferredMaxBytes: 2 * 1024 * 1024,
  });
  values.set("BatchSize", { version: 0, value, modPolicy: "Admins" });
}

/** Replaces some of the options of Raft. */
export function setRaftOptions(root: ConfigGroup, options: Partial<EtcdraftOptions>): void {
  changeRaft(root, (metadata) => ({ ...metadata, options: { ...metadata.options!, ...options } }));
}

/** Replaces the consenters by what `change` makes of them. */
export function changeConsenters(
  root: ConfigGroup,
  change: (consenters: readonly EtcdraftConsenter[]) => EtcdraftConsenter[],
): void {
  changeRaft(root, (metadata) => ({ ...metadata, consenters: change(metadata.consenters) }));
}

function changeRaft(
  root: ConfigGroup,
  change: (metadata: EtcdraftConfigMetadata) => EtcdraftConfigMetadata,
): void {
  const { values } = root.groups.get("Orderer")!;
  const value = values.get("ConsensusType")!;
  const type = decode(ConsensusType, value.value);
  const metadata = encode(
    EtcdraftConfigMetadata,
    change(decode(EtcdraftConfigMetadata, type.metadata)),
  );
  values.set("ConsensusType", { ...value, value: encode(ConsensusType, { ...type, metadata }) });
}
