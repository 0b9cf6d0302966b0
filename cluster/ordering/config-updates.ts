import {
  type ChannelConfig,
  ChannelError,
  applyConfigUpdate,
  configEnvelopeFault,
  readConfigUpdate,
  transitionFault,
  type ConfigUpdateRequest,
} from "../../src/channel/index.ts";
import type { Clock } from "../../src/kernel/ports/clock.ts";
import type { Random } from "../../src/kernel/ports/random.ts";
import type { Signer } from "../../src/kernel/ports/signer.ts";
import { verifySignatures, type SignedData } from "../../src/msp/index.ts";
import type { PolicyIdentity } from "../../src/policy/index.ts";
import {
  ChannelHeader,
  ConfigEnvelope,
  HeaderType,
  Payload,
  SignatureHeader,
  create,
  encode,
  openEnvelope,
  timestampFromMs,
  tryDecode,
  type Envelope,
} from "../../src/wire/index.ts";
import { consenterFault, type PendingMember } from "./consenter-rules.ts";
import { maintenanceFault } from "./core/maintenance-rules.ts";
import type { Membership } from "./core/membership.ts";
import { badRequest, type Refusal } from "./core/message-rules.ts";
import type { MessageValidator } from "./message-validator.ts";
import type { ConfigInForce } from "./ports.ts";

/** The group as the rules for consenters see it. */
export interface GroupState {
  membership(): Membership;
  /** Members that answer; `undefined` where that is not known. */
  activeIds(): readonly number[] | undefined;
  /** Raft's own members that vote. */
  voterIds(): readonly number[];
  /** The member that a configuration in force has added or removed and that Raft has not yet. */
  pending(): PendingMember | undefined;
}

export interface ConfigUpdatesDeps {
  readonly config: Pick<ConfigInForce, "current">;
  readonly validator: Pick<MessageValidator, "filter">;
  readonly group: GroupState;
  readonly signer: Signer;
  readonly clock: Clock;
  readonly random: Random;
}

/** `envelope` is the configuration to order, made from the configuration of `configSequence`. */
export type ConfigUpdateVerdict =
  | { readonly kind: "made"; readonly envelope: Envelope; readonly configSequence: number }
  | { readonly kind: "refused"; readonly refusal: Refusal };

/** What a configuration in a block comes to. */
export type ConfigJudgement =
  | { readonly ok: true; readonly next: ChannelConfig }
  | { readonly ok: false; readonly reason: string };

// Fabric's length.
const NONCE_BYTES = 24;

/**
 * Turns clients' configuration updates into configurations to order, and judges configurations that were ordered. Fabric:
 * the update must pass the filters of every message, be signed by those whom the changed elements name, and lead to a
 * configuration that the channel may have; what is ordered is the whole configuration, signed by this orderer.
 */
export class ConfigUpdates {
  readonly #deps: ConfigUpdatesDeps;

  constructor(deps: ConfigUpdatesDeps) {
    this.#deps = deps;
  }

  /** Judges an envelope of type CONFIG_UPDATE. Never rejects for what it contains. */
  async process(envelope: Envelope): Promise<ConfigUpdateVerdict> {
    const { validator, config } = this.#deps;
    const current = config.current();
    const early = await validator.filter(current, envelope);
    if (early !== undefined) {
      return refused(early, "config update for existing channel did not pass initial checks");
    }
    const reading = readConfigUpdate(envelope);
    if (!reading.ok) return refusedUpdate(current, reading.reason);
    const signers = await verified(current, reading.request.signedData);
    const outcome = applyConfigUpdate(current, reading.request, signers);
    if (!outcome.ok) return refusedUpdate(current, outcome.reason);
    const next = nextConfig(current, outcome.envelope);
    if (!next.ok) return refusedUpdate(current, next.reason);
    const fault = this.#consenterFault(current, next.next);
    if (fault !== undefined) {
      const reason = `consensus metadata update for channel config update is invalid: ${fault}`;
      return refusedUpdate(current, reason);
    }
    return this.#wrap(current, next.next, reading.request, outcome.envelope);
  }

  /**
   * Judges the configuration in an envelope of type CONFIG that another orderer made, or this one of an older
   * configuration: by making it again of its update.
   */
  async reprocess(envelope: Envelope): Promise<ConfigUpdateVerdict> {
    const update = contentOf(envelope)?.lastUpdate;
    if (update === undefined) {
      return {
        kind: "refused",
        refusal: badRequest("updated config does not include a config update"),
      };
    }
    return this.process(update);
  }

  /**
   * Judges a configuration that is ordered, by what every orderer has in common: the configuration before it and itself.
   * Rejects with `ChannelError` ("unsupported-capability"): this program cannot go on in the channel.
   */
  async judge(envelope: Envelope): Promise<ConfigJudgement> {
    const current = this.#deps.config.current();
    const content = contentOf(envelope);
    if (content?.lastUpdate === undefined) return { ok: false, reason: "it has no update" };
    const reading = readConfigUpdate(content.lastUpdate);
    if (!reading.ok) return reading;
    const signers = await verified(current, reading.request.signedData);
    const fault = configEnvelopeFault(current, content, reading.request, signers);
    if (fault !== undefined) return { ok: false, reason: fault };
    return nextConfig(current, content, "throw if unsupported");
  }

  #consenterFault(current: ChannelConfig, next: ChannelConfig): string | undefined {
    const { group, clock } = this.#deps;
    return consenterFault(current, next, {
      membership: group.membership(),
      activeIds: group.activeIds(),
      voterIds: group.voterIds(),
      pending: group.pending(),
      nowMs: clock.wallMs(),
    });
  }

  async #wrap(
    current: ChannelConfig,
    next: ChannelConfig,
    { update }: ConfigUpdateRequest,
    content: ConfigEnvelope,
  ): Promise<ConfigUpdateVerdict> {
    const envelope = await this.#signed(current.channelId, content);
    const late = await this.#deps.validator.filter(current, envelope);
    if (late !== undefined) {
      return refused(late, "config update for existing channel did not pass final checks");
    }
    const fault = maintenanceFault(current, next, update);
    if (fault !== undefined) {
      const refusal = badRequest(`config transaction inspection failed: ${fault}`);
      return refused(refusal, "config update for existing channel did not pass maintenance checks");
    }
    return { kind: "made", envelope, configSequence: current.sequence };
  }

  async #signed(channelId: string, content: ConfigEnvelope): Promise<Envelope> {
    const { signer, random, clock } = this.#deps;
    const channelHeader = create(ChannelHeader, {
      type: HeaderType.CONFIG,
      timestamp: timestampFromMs(Math.floor(clock.wallMs() / 1000) * 1000),
      channelId,
    });
    const signatureHeader = { creator: signer.identity, nonce: random.bytes(NONCE_BYTES) };
    const payload = encode(Payload, {
      header: {
        channelHeader: encode(ChannelHeader, channelHeader),
        signatureHeader: encode(SignatureHeader, signatureHeader),
      },
      data: encode(ConfigEnvelope, content),
    });
    return { payload, signature: await signer.sign(payload) };
  }
}

function contentOf(envelope: Envelope): ConfigEnvelope | undefined {
  const reading = openEnvelope(envelope);
  if (reading.kind === "malformed") return undefined;
  return tryDecode(ConfigEnvelope, reading.opened.payload.data);
}

function verified(
  config: ChannelConfig,
  signedData: readonly SignedData[],
): Promise<readonly PolicyIdentity[]> {
  return verifySignatures(config.mspManager, signedData);
}

function nextConfig(
  current: ChannelConfig,
  { config }: ConfigEnvelope,
  unsupported: "refuse if unsupported" | "throw if unsupported" = "refuse if unsupported",
): ConfigJudgement {
  if (config === undefined) return { ok: false, reason: "config envelope has nil config" };
  try {
    const next = current.successor(config);
    const fault = transitionFault(current, next);
    return fault === undefined ? { ok: true, next } : { ok: false, reason: fault };
  } catch (error) {
    const mayRefuse = unsupported === "refuse if unsupported";
    const isRefusal =
      error instanceof ChannelError && (mayRefuse || error.code !== "unsupported-capability");
    if (isRefusal) return { ok: false, reason: error.message };
    throw error;
  }
}

function refused({ status, info }: Refusal, prefix: string): ConfigUpdateVerdict {
  return { kind: "refused", refusal: { status, info: `${prefix}: ${info}` } };
}

function refusedUpdate({ channelId }: ChannelConfig, reason: string): ConfigUpdateVerdict {
  const prefix = `error applying config update to existing channel '${channelId}'`;
  return refused(badRequest(reason), prefix);
}
