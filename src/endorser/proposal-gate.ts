import type { ChannelConfig } from "../channel/index.ts";
import { toHex } from "../kernel/bytes.ts";
import type { Clock } from "../kernel/ports/clock.ts";
import { isExpired, type Identity, type MspManager } from "../msp/index.ts";
import { timestampToMs } from "../wire/index.ts";
import { channelRefusalOf } from "./access-control.ts";
import { proposalFault } from "./core/check-proposal.ts";
import type { UnpackedProposal } from "./core/unpack-proposal.ts";
import type { EndorserMetrics } from "./metrics.ts";
import type { EndorserChannel } from "./ports.ts";

export interface ProposalGateDeps {
  readonly localMsps: MspManager;
  readonly clock: Clock;
  readonly metrics: EndorserMetrics;
  /** Of system chaincodes, which check access themselves. */
  isSystem(chaincodeName: string): boolean;
}

type Admission =
  | { readonly ok: true; readonly creator: Identity }
  | { readonly ok: false; readonly reason: string };

const RESOURCE = "peer/Propose";
const DATE_MS_MAX = 8.64e15;

/** Decides which proposals are worth running a chaincode for. */
export class ProposalGate {
  readonly #deps: ProposalGateDeps;
  readonly #timeWindowMs: number;

  constructor(deps: ProposalGateDeps, options: { readonly timeWindowMs: number }) {
    this.#deps = deps;
    this.#timeWindowMs = options.timeWindowMs;
  }

  /** Why the proposal is older or newer than it may be, in Fabric's words. */
  staleness(proposal: UnpackedProposal): string | undefined {
    const { timestamp } = proposal.channelHeader;
    const proposedMs = timestamp === undefined ? 0 : timestampToMs(timestamp);
    const nowMs = this.#deps.clock.wallMs();
    if (Math.abs(nowMs - proposedMs) <= this.#timeWindowMs) return undefined;
    return `request unauthorized due to incorrect timestamp ${dateText(proposedMs)}, peer time ${dateText(nowMs)}, peer.authentication.timewindow ${this.#timeWindowMs / 60_000}m0s`;
  }

  /** Why the proposal is rejected, in Fabric's words and order. `channel` is undefined for proposals without one. */
  async rejection(
    proposal: UnpackedProposal,
    channel: EndorserChannel | undefined,
  ): Promise<string | undefined> {
    const config = channel?.config.current();
    const admission = await this.#admit(proposal, config?.mspManager ?? this.#deps.localMsps);
    if (!admission.ok) {
      this.#deps.metrics.validationFailures.add(1);
      return admission.reason;
    }
    if (channel === undefined || config === undefined) return undefined;
    return this.#channelRejection(proposal, config, channel.ledger, admission.creator);
  }

  // Whoever is admitted has signed the proposal: the signature need not be verified again.
  async #admit(proposal: UnpackedProposal, manager: MspManager): Promise<Admission> {
    const { channelId, signatureHeader } = proposal;
    const creator = manager.unvalidatedIdentity(signatureHeader.creator);
    if (creator.ok && isExpired(creator.identity, this.#deps.clock.wallMs())) {
      return refused("proposal client identity expired");
    }
    const fault = proposalFault(proposal);
    if (fault !== undefined) return refused(`error validating proposal: ${fault}`);
    const denied = `error validating proposal: access denied: channel [${channelId}] creator org`;
    if (!creator.ok) return refused(`${denied} unknown, creator is malformed`);
    const isAuthentic = await isSignedBy(creator.identity, manager, proposal);
    return isAuthentic
      ? { ok: true, creator: creator.identity }
      : refused(`${denied} [${creator.identity.mspId}]`);
  }

  #channelRejection(
    { channelId, chaincodeName, txId }: UnpackedProposal,
    config: ChannelConfig,
    ledger: EndorserChannel["ledger"],
    creator: Identity,
  ): string | undefined {
    const labels = { channel: channelId, chaincode: chaincodeName };
    if (ledger.transaction(txId) !== undefined) {
      this.#deps.metrics.duplicateFailures.add(1, labels);
      return `duplicate transaction found [${txId}]. Creator [${toHex(creator.serialized)}]`;
    }
    if (this.#deps.isSystem(chaincodeName)) return undefined;
    const refusal = channelRefusalOf(config, RESOURCE, [creator]);
    if (refusal !== undefined) this.#deps.metrics.aclFailures.add(1, labels);
    return refusal;
  }
}

function refused(reason: string): Admission {
  return { ok: false, reason };
}

async function isSignedBy(
  creator: Identity,
  manager: MspManager,
  { signed }: UnpackedProposal,
): Promise<boolean> {
  if (!manager.identity(creator.serialized).ok) return false;
  return creator.verify(signed.proposalBytes, signed.signature);
}

// RFC 3339 in whole seconds; a client may send seconds that no calendar has.
function dateText(ms: number): string {
  if (Math.abs(ms) > DATE_MS_MAX) return `${Math.floor(ms / 1_000)}s after 1970`;
  return new Date(ms).toISOString().replace(/\.\d+Z$/, "Z");
}
