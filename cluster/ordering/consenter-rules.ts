import {
  CONSENSUS_TYPE_RAFT,
  type ChannelConfig,
  type RaftConsenter,
} from "../../src/channel/index.ts";
import { parsePemCertificate, type Certificate } from "../../src/crypto/index.ts";
import { errorMessage } from "../../src/kernel/error.ts";
import { AuthorityPool } from "../../src/msp/index.ts";
import {
  changedMembership,
  quorumFault,
  type Membership,
  type MembershipChange,
} from "./core/membership.ts";

/** A change of the members that is in force for the channel and not yet for Raft. */
export interface PendingMember {
  readonly raftId: number;
  /** What it waits for. */
  readonly reason: string;
}

/** What the rules for consenters need to know of the group. */
export interface GroupView {
  readonly membership: Membership;
  /** Members that answer, as the leader sees it; `undefined` where that is not known. */
  readonly activeIds: readonly number[] | undefined;
  /** Of Raft. */
  readonly voterIds: readonly number[];
  readonly pending: PendingMember | undefined;
  readonly nowMs: number;
}

/**
 * Why the consenters may not become those of `next`, in Fabric's words; `undefined` when they may: certificates of the
 * orderers' organisations, one change at a time, and enough members that answer.
 */
export function consenterFault(
  current: ChannelConfig,
  next: ChannelConfig,
  view: GroupView,
): string | undefined {
  if (next.orderer.consensusType !== CONSENSUS_TYPE_RAFT) return undefined;
  const authorities = authoritiesOf(next);
  for (const consenter of next.orderer.consenters) {
    const fault = certificatesFault(consenter, authorities);
    if (fault !== undefined) {
      return `invalid new config metadata: consenter ${nameOf(consenter)} has invalid certificate: ${fault}`;
    }
  }
  const outcome = changedMembership(
    view.membership,
    current.orderer.consenters,
    next.orderer.consenters,
  );
  if (!outcome.ok) return outcome.reason;
  const { membership, change } = outcome;
  return (
    expiredFault(current, next, view.nowMs) ??
    pendingFault(change, view.pending) ??
    (view.activeIds && isMissed(change, view.voterIds)
      ? quorumFault(membership, change, view.activeIds)
      : undefined)
  );
}

// Whose vote never counted may go whatever the others do.
function isMissed(change: MembershipChange, voterIds: readonly number[]): boolean {
  return change.type !== "remove" || voterIds.includes(change.raftId);
}

// One at a time for Raft too. Who waits to be added may be removed: it may never come.
function pendingFault(
  change: MembershipChange,
  pending: PendingMember | undefined,
): string | undefined {
  if (pending === undefined || change.type === "none") return undefined;
  if (change.type === "remove" && change.raftId === pending.raftId) return undefined;
  return `the change of consenter ${pending.raftId} is not complete, try again later: ${pending.reason}`;
}

function authoritiesOf({ orderer }: ChannelConfig): AuthorityPool {
  const pems = orderer.organizations.flatMap(({ tlsRootsPem }) => tlsRootsPem);
  // Intermediate authorities are trusted as roots: their organisations' MSPs have answered for them.
  return new AuthorityPool(
    pems.map((pem) => parsePemCertificate(pem)),
    [],
  );
}

function certificatesFault(
  consenter: RaftConsenter,
  authorities: AuthorityPool,
): string | undefined {
  const { clientTlsCertPem, serverTlsCertPem } = consenter;
  return (
    certificateFault("client", clientTlsCertPem, consenter, authorities) ??
    certificateFault("server", serverTlsCertPem, consenter, authorities)
  );
}

function certificateFault(
  role: "client" | "server",
  pem: Uint8Array,
  consenter: RaftConsenter,
  authorities: AuthorityPool,
): string | undefined {
  let certificate: Certificate;
  try {
    certificate = parsePemCertificate(pem);
  } catch (error) {
    return `parsing tls ${role} cert of ${nameOf(consenter)}: ${errorMessage(error)}`;
  }
  const fault = authorities.tlsFault(certificate);
  if (fault === undefined) return undefined;
  const serial = BigInt(`0x${certificate.serialHex}`);
  return `verifying tls ${role} cert with serial number ${serial}: ${fault}`;
}

// Fabric: who is a consenter already may have a certificate that has ended, so that it can be replaced.
function expiredFault(
  current: ChannelConfig,
  next: ChannelConfig,
  nowMs: number,
): string | undefined {
  const known = new Set(current.orderer.consenters.map((each) => keyOf(each)));
  for (const consenter of next.orderer.consenters) {
    if (known.has(keyOf(consenter))) continue;
    for (const pem of [consenter.clientTlsCertPem, consenter.serverTlsCertPem]) {
      const { notBeforeMs, notAfterMs } = parsePemCertificate(pem);
      if (notBeforeMs <= nowMs && nowMs <= notAfterMs) continue;
      return `consenter ${nameOf(consenter)} has invalid certificates: x509: certificate has expired or is not yet valid`;
    }
  }
  return undefined;
}

function keyOf({ clientTlsCertPem }: RaftConsenter): string {
  return parsePemCertificate(clientTlsCertPem).fingerprint;
}

function nameOf({ host, port }: RaftConsenter): string {
  return `${host}:${port}`;
}
