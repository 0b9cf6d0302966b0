import type { AccessControl } from "../chaincode/index.ts";
import type { ChannelConfig } from "../channel/index.ts";
import {
  rolePrincipal,
  verifySignatures,
  type Identity,
  type MspManager,
  type SignedData,
} from "../msp/index.ts";
import {
  Header,
  Proposal,
  SignatureHeader,
  tryDecodeRequest,
  type SignedProposal,
} from "../wire/index.ts";
import { localPolicy, type LocalPolicy } from "./core/local-resources.ts";
import type { EndorserChannels } from "./ports.ts";

export interface ProposalAccessDeps {
  readonly channels: Pick<EndorserChannels, "channel">;
  /** Of the peer's own organisation, for what concerns no channel. */
  readonly localMsps: MspManager;
}

/** Says who may call a function, by the peer's own rules or by a channel's policies. Reasons in Fabric's words. */
export class ProposalAccess implements AccessControl {
  readonly #deps: ProposalAccessDeps;

  constructor(deps: ProposalAccessDeps) {
    this.#deps = deps;
  }

  /** Undefined when the signer of the proposal may; its signature is verified here. */
  async refusal(
    resource: string,
    channelId: string,
    signedProposal: SignedProposal,
  ): Promise<string | undefined> {
    const signed = signedDataOf(signedProposal);
    if (signed === undefined) return "Invalid Proposal's SignatureHeader during check policy";
    const local = localPolicy(resource);
    if (local !== undefined) return this.#localRefusal(local, signed);
    const config = this.#deps.channels.channel(channelId)?.config.current();
    if (config === undefined) return `Failed to get policy manager for channel [${channelId}]`;
    return channelRefusal(config, resource, signed);
  }

  async #localRefusal(policy: LocalPolicy, signed: SignedData): Promise<string | undefined> {
    const at = `during channelless check policy with policy [${policy}]`;
    const result = this.#deps.localMsps.unvalidatedIdentity(signed.identity);
    if (!result.ok) {
      return `Failed deserializing proposal creator ${at}: [${result.reason}]`;
    }
    const { identity } = result;
    const role = policy === "Admins" ? "admin" : "member";
    if (!identity.satisfies(rolePrincipal(identity.mspId, role))) {
      return `Failed verifying that proposal's creator satisfies local MSP principal ${at}: [The identity is not a valid ${role} of MSP ${identity.mspId}]`;
    }
    const isSigned = await identity.verify(signed.data, signed.signature);
    return isSigned ? undefined : "The signature is invalid";
  }
}

/** Why `signed` does not satisfy the policy that guards `resource` on a channel; undefined when it does. */
export async function channelRefusal(
  config: ChannelConfig,
  resource: string,
  signed: SignedData,
): Promise<string | undefined> {
  const signers = await verifySignatures(config.mspManager, [signed]);
  return channelRefusalOf(config, resource, signers);
}

/** As `channelRefusal`, of those whose signatures were verified. */
export function channelRefusalOf(
  config: ChannelConfig,
  resource: string,
  signers: readonly Identity[],
): string | undefined {
  const path = config.aclPolicyPath(resource);
  if (path === "") return `Unmapped policy for ${resource}`;
  const policy = config.policy(path);
  const verdict = policy?.evaluate(signers) ?? {
    satisfied: false,
    reason: `no such policy: '${path}'`,
  };
  if (verdict.satisfied) return undefined;
  return config.application.acls.has(resource)
    ? `failed evaluating policy on signed data during check policy [${path}]: [${verdict.reason}]`
    : `Failed evaluating policy on signed data during check policy on channel [${config.channelId}] with policy [${path}]: [${verdict.reason}]`;
}

function signedDataOf(signed: SignedProposal): SignedData | undefined {
  const proposal = tryDecodeRequest(Proposal, signed.proposalBytes);
  const header = proposal && tryDecodeRequest(Header, proposal.header);
  const signer = header && tryDecodeRequest(SignatureHeader, header.signatureHeader);
  if (signer === undefined) return undefined;
  return { data: signed.proposalBytes, identity: signer.creator, signature: signed.signature };
}
