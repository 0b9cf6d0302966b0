/**
 * One member of a channel's Raft group: the driver of the core in `cluster/raft`, its write-ahead log, and the transport
 * to the other members.
 *
 * Owns durability and delivery. Does not own what entries mean, nor who the members are. A message that promises
 * something is sent only when that is on disk; a log that cannot be trusted stops the member.
 */
export { RaftReplica } from "./raft-replica.ts";
export type { RaftReplicaDeps } from "./raft-replica.ts";
export type { RaftReplicaOptions, ReplicaTuning } from "./options.ts";
export type {
  ConfChange,
  ConfChangeKind,
  Entry,
  RaftConfiguration,
  Snapshot,
} from "../raft/index.ts";
export type { TransferResult } from "./transfer-waiter.ts";
export type { Leadership, PeerTransport, ReplicaApplication } from "./ports.ts";
export { ClusterService } from "./cluster-service.ts";
export type { ClusterReceiver } from "./cluster-service.ts";
export { successorAmong } from "./successor.ts";
export { isRefusedBy } from "./admission-inquiry.ts";
export type { AdmissionInquiryDeps, AdmissionInquiryOptions } from "./admission-inquiry.ts";
export { ClusterLink } from "./cluster-link.ts";
export type { ClusterLinkDeps, ClusterLinkListener, ClusterLinkOptions } from "./cluster-link.ts";
export { SharedDialer } from "./shared-dialer.ts";
export { publicKeyOf } from "./member.ts";
export type { ClusterMember } from "./member.ts";
export { decodeRaftMessage, encodeRaftMessage } from "./raft-codec.ts";
export type { RaftMessageReading } from "./raft-codec.ts";
export { WriteAheadLog } from "./write-ahead-log.ts";
export type { LogBatch, WriteAheadLogDeps, WriteAheadLogOptions } from "./write-ahead-log.ts";
export type { RecoveredLog } from "./wal-content.ts";
export { forceGroup, otherMembers, planForcedGroup } from "./forced-group.ts";
export type { ForcedGroupDeps, ForcedGroupPlan } from "./forced-group.ts";
export { inspectLog } from "./wal-inspection.ts";
export type { SegmentReport, WalFault, WalReport } from "./wal-inspection.ts";
export { isReleased, memberOnRecord, recordMember, recordRelease } from "./set-aside.ts";
export { bootstrapLog, firstCampaigner } from "./bootstrap.ts";
export { ReplicaError } from "./errors.ts";
export type { ReplicaErrorCode } from "./errors.ts";
