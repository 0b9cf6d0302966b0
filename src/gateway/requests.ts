import type { RpcCall } from "../kernel/ports/rpc.ts";
import type { SignedProposal } from "../wire/index.ts";
import { readClientProposal, type ClientProposal } from "./core/client-proposal.ts";
import { gatewayError } from "./errors.ts";
import { ORGANIZATIONS_MAX } from "./limits.ts";
import type { ChannelView } from "./channel-view.ts";
import type { Candidate } from "./core/candidates.ts";
import type { ReplyVerdict } from "./core/endorser-reply.ts";

/** What running a proposal needs. */
export interface ProposalDeps {
  /** Undefined for a channel that the peer has not joined. */
  readonly channelView: (channelId: string) => ChannelView | undefined;
  readonly isSystemChaincode: (name: string) => boolean;
  /** The gateway's own organisation. */
  readonly mspId: string;
  /** Never rejects. */
  readonly propose: (
    candidate: Candidate,
    view: ChannelView,
    signed: SignedProposal,
    signal: AbortSignal,
  ) => Promise<ReplyVerdict>;
}

/** Who waits for the answer. */
export type Caller = Pick<RpcCall, "signal" | "isDeadlineExceeded">;

/** A proposal with the channel that it is for. Throws `RpcError` in Fabric's words. */
export function openProposal(
  deps: ProposalDeps,
  signed: SignedProposal | undefined,
  organizations: readonly string[],
): { readonly proposal: ClientProposal; readonly view: ChannelView } {
  const reading = readClientProposal(signed);
  if (!reading.ok) {
    throw gatewayError(
      "INVALID_ARGUMENT",
      `failed to unpack transaction proposal: ${reading.reason}`,
    );
  }
  if (organizations.length > ORGANIZATIONS_MAX) {
    throw gatewayError(
      "INVALID_ARGUMENT",
      `${organizations.length} organizations are more than ${ORGANIZATIONS_MAX}`,
    );
  }
  const { proposal } = reading;
  const view = deps.channelView(proposal.channelId);
  if (view === undefined) throw gatewayError("UNAVAILABLE", unknownChannel(proposal.channelId));
  return { proposal, view };
}

/** Fabric's words for a channel that this peer has not joined. */
export function unknownChannel(channelId: string): string {
  return `failed to get config for channel [${channelId}]: could not get last config for channel ${channelId}`;
}
