/** Every message of the protocols, and the byte formats that are not protobuf. */
export {
  type EnvelopeDefect,
  type EnvelopeReading,
  type OpenedEnvelope,
  isCanonicalEnvelope,
  isCanonicalForm,
  openEnvelope,
} from "./envelope.ts";
export {
  BLOCK_METADATA,
  type HashedHeader,
  blockDataHash,
  blockHeaderDer,
  blockHeaderHash,
  emptyBlockMetadata,
} from "./block.ts";
export { REQUEST_FIELDS_MAX } from "./limits.ts";
export {
  type MessageType,
  type Partially,
  create,
  decode,
  decodeRequest,
  encode,
  tryDecode,
  tryDecodeRequest,
} from "./codec.ts";
export {
  type ReadNumber,
  decodeOrderedVarint,
  decodeUvarint,
  encodeOrderedVarint,
  encodeUvarint,
  lengthDelimited,
} from "./varint.ts";
export { WireError, type WireErrorCode } from "./errors.ts";
export { methodOf } from "./rpc-method.ts";
export { timestampFromMs, timestampToMs } from "./timestamp.ts";
export { transactionId } from "./transaction-id.ts";
export {
  Block,
  BlockData,
  BlockHeader,
  BlockMetadata,
  BlockMetadataIndex,
  ChannelHeader,
  Envelope,
  Header,
  HeaderType,
  IdentifierHeader,
  LastConfig,
  Metadata,
  MetadataSignature,
  OrdererBlockMetadata,
  Payload,
  SignatureHeader,
  Status,
} from "./gen/common/common.ts";
export {
  Config,
  ConfigEnvelope,
  ConfigGroup,
  ConfigPolicy,
  ConfigSignature,
  ConfigUpdate,
  ConfigUpdateEnvelope,
  ConfigValue,
} from "./gen/common/configtx.ts";
export {
  BlockDataHashingStructure,
  Capabilities,
  Capability,
  Consenter,
  Consortium,
  HashingAlgorithm,
  OrdererAddresses,
  Orderers,
} from "./gen/common/configuration.ts";
export { BlockchainInfo, BootstrappingSnapshotInfo } from "./gen/common/ledger.ts";
export {
  CombinedPrincipal,
  MSPIdentityAnonymity,
  MSPIdentityAnonymity_MSPIdentityAnonymityType,
  MSPPrincipal,
  MSPPrincipal_Classification,
  MSPRole,
  MSPRole_MSPRoleType,
  OrganizationUnit,
} from "./gen/common/msp_principal.ts";
export {
  ImplicitMetaPolicy,
  ImplicitMetaPolicy_Rule,
  Policy,
  Policy_PolicyType,
  SignaturePolicy,
  SignaturePolicyEnvelope,
  SignaturePolicy_NOutOf,
} from "./gen/common/policies.ts";
export {
  AuthInfo as DiscoveryAuthInfo,
  ChaincodeQuery as DiscoveryChaincodeQuery,
  ChaincodeQueryResult as DiscoveryChaincodeQueryResult,
  ConfigQuery as DiscoveryConfigQuery,
  ConfigResult as DiscoveryConfigResult,
  DiscoveryDefinition,
  EndorsementDescriptor as DiscoveryEndorsementDescriptor,
  Endpoint as DiscoveryEndpoint,
  Endpoints as DiscoveryEndpoints,
  Error as DiscoveryError,
  Layout as DiscoveryLayout,
  LocalPeerQuery as DiscoveryLocalPeerQuery,
  Peer as DiscoveryPeer,
  PeerMembershipQuery as DiscoveryPeerMembershipQuery,
  PeerMembershipResult as DiscoveryPeerMembershipResult,
  Peers as DiscoveryPeers,
  Query as DiscoveryQuery,
  QueryResult as DiscoveryQueryResult,
  Request as DiscoveryRequest,
  Response as DiscoveryResponse,
  SignedRequest as DiscoverySignedRequest,
} from "./gen/discovery/protocol.ts";
export {
  ConfigMetadata as EtcdraftConfigMetadata,
  Consenter as EtcdraftConsenter,
  Options as EtcdraftOptions,
} from "./gen/etcdraft/configuration.ts";
export {
  BlockMetadata as EtcdraftBlockMetadata,
  ClusterMetadata as EtcdraftClusterMetadata,
} from "./gen/etcdraft/metadata.ts";
export {
  ChaincodeEventsRequest,
  ChaincodeEventsResponse,
  CommitStatusRequest,
  CommitStatusResponse,
  EndorseRequest,
  EndorseResponse,
  ErrorDetail,
  EvaluateRequest,
  EvaluateResponse,
  GatewayDefinition,
  PreparedTransaction,
  ProposedTransaction,
  SignedChaincodeEventsRequest,
  SignedCommitStatusRequest,
  SubmitRequest as GatewaySubmitRequest,
  SubmitResponse as GatewaySubmitResponse,
} from "./gen/gateway/gateway.ts";
export { Any } from "./gen/google/protobuf/any.ts";
export { Empty } from "./gen/google/protobuf/empty.ts";
export { Timestamp } from "./gen/google/protobuf/timestamp.ts";
export { Status as RpcStatus } from "./gen/google/rpc/status.ts";
export {
  Acknowledgement,
  AliveMessage,
  Chaincode as GossipChaincode,
  ConnEstablish,
  DataDigest,
  DataMessage,
  DataRequest,
  DataUpdate,
  Empty as GossipEmpty,
  Envelope as GossipEnvelope,
  GossipDefinition,
  GossipHello,
  GossipMessage,
  GossipMessage_Tag,
  LeadershipMessage,
  Member,
  MembershipRequest,
  MembershipResponse,
  Payload as GossipPayload,
  PeerIdentity,
  PeerTime,
  PrivateDataMessage,
  PrivatePayload,
  Properties,
  PullMsgType,
  PvtDataDigest,
  PvtDataElement,
  PvtDataPayload,
  RemotePvtDataRequest,
  RemotePvtDataResponse,
  RemoteStateRequest,
  RemoteStateResponse,
  Secret,
  SecretEnvelope,
  StateInfo,
  StateInfoPullRequest,
  StateInfoSnapshot,
} from "./gen/gossip/message.ts";
export {
  HealthCheckRequest,
  HealthCheckResponse,
  HealthCheckResponse_ServingStatus,
  HealthDefinition,
} from "./gen/grpc/health/v1/health.ts";
export {
  HashedRWSet,
  KVMetadataEntry,
  KVMetadataWrite,
  KVMetadataWriteHash,
  KVRWSet,
  KVRead,
  KVReadHash,
  KVWrite,
  KVWriteHash,
  QueryReads,
  QueryReadsMerkleSummary,
  RangeQueryInfo,
  Version as KVVersion,
} from "./gen/kvrwset/kv_rwset.ts";
export {
  ChaincodeEndorsementInfo,
  ChaincodeValidationInfo,
} from "./gen/lifecycle/chaincode_definition.ts";
export {
  StateData as LifecycleStateData,
  StateMetadata as LifecycleStateMetadata,
} from "./gen/lifecycle/db.ts";
export {
  ApproveChaincodeDefinitionForMyOrgArgs,
  ApproveChaincodeDefinitionForMyOrgResult,
  ChaincodeSource,
  ChaincodeSource_Local,
  ChaincodeSource_Unavailable,
  CheckCommitReadinessArgs,
  CheckCommitReadinessResult,
  CheckCommitReadinessResult_Mismatches,
  CommitChaincodeDefinitionArgs,
  CommitChaincodeDefinitionResult,
  GetInstalledChaincodePackageArgs,
  GetInstalledChaincodePackageResult,
  InstallChaincodeArgs,
  InstallChaincodeResult,
  QueryApprovedChaincodeDefinitionArgs,
  QueryApprovedChaincodeDefinitionResult,
  QueryApprovedChaincodeDefinitionsArgs,
  QueryApprovedChaincodeDefinitionsResult,
  QueryApprovedChaincodeDefinitionsResult_ApprovedChaincodeDefinition,
  QueryChaincodeDefinitionArgs,
  QueryChaincodeDefinitionResult,
  QueryChaincodeDefinitionsArgs,
  QueryChaincodeDefinitionsResult,
  QueryChaincodeDefinitionsResult_ChaincodeDefinition,
  QueryInstalledChaincodeArgs,
  QueryInstalledChaincodeResult,
  QueryInstalledChaincodeResult_Chaincode,
  QueryInstalledChaincodeResult_References,
  QueryInstalledChaincodesArgs,
  QueryInstalledChaincodesResult,
  QueryInstalledChaincodesResult_Chaincode,
  QueryInstalledChaincodesResult_InstalledChaincode,
  QueryInstalledChaincodesResult_References,
} from "./gen/lifecycle/lifecycle.ts";
export { SerializedIdemixIdentity, SerializedIdentity } from "./gen/msp/identities.ts";
export {
  FabricCryptoConfig,
  FabricMSPConfig,
  FabricNodeOUs,
  FabricOUIdentifier,
  IdemixMSPConfig,
  IdemixMSPSignerConfig,
  KeyInfo,
  MSPConfig,
  SigningIdentityInfo,
} from "./gen/msp/msp_config.ts";
export {
  AtomicBroadcastDefinition,
  BroadcastResponse,
  DeliverResponse,
  SeekInfo,
  SeekInfo_SeekBehavior,
  SeekInfo_SeekContentType,
  SeekInfo_SeekErrorResponse,
  SeekNewest,
  SeekNextCommit,
  SeekOldest,
  SeekPosition,
  SeekSpecified,
} from "./gen/orderer/ab.ts";
export {
  ClusterDefinition,
  ConsensusRequest,
  StepRequest,
  StepResponse,
  SubmitRequest,
  SubmitResponse,
} from "./gen/orderer/cluster.ts";
export {
  ClusterNodeServiceDefinition,
  ClusterNodeServiceStepRequest,
  ClusterNodeServiceStepResponse,
  NodeAuthRequest,
  NodeConsensusRequest,
  NodeTransactionOrderRequest,
  TransactionOrderResponse,
} from "./gen/orderer/clusterserver.ts";
export {
  BatchSize,
  BatchTimeout,
  ChannelRestrictions,
  ConsensusType,
  ConsensusType_State,
  KafkaBrokers,
} from "./gen/orderer/configuration.ts";
export {
  CDSData,
  ChaincodeAdditionalParams,
  ChaincodeData,
  ChaincodeDeploymentSpec,
  ChaincodeID,
  ChaincodeInput,
  ChaincodeInvocationSpec,
  ChaincodeSpec,
  ChaincodeSpec_Type,
  LifecycleEvent,
} from "./gen/protos/chaincode.ts";
export { ChaincodeEvent } from "./gen/protos/chaincode_event.ts";
export {
  ChaincodeDefinition,
  ChaincodeMessage,
  ChaincodeMessage_Type,
  ChaincodeSupportDefinition,
  DelState,
  GetHistoryForKey,
  GetQueryResult,
  GetState,
  GetStateByRange,
  GetStateMetadata,
  GetStateMultiple,
  GetStateMultipleResult,
  PurgePrivateState,
  PutState,
  PutStateMetadata,
  QueryMetadata,
  QueryResponse,
  QueryResponseMetadata,
  QueryResultBytes,
  QueryStateClose,
  QueryStateNext,
  StateMetadata,
  StateMetadataResult,
  WriteBatchState,
  WriteRecord,
  WriteRecord_Type,
} from "./gen/protos/chaincode_shim.ts";
export {
  CollectionConfig,
  CollectionConfigPackage,
  CollectionPolicyConfig,
  StaticCollectionConfig,
} from "./gen/protos/collection.ts";
export { ACLs, APIResource, AnchorPeer, AnchorPeers } from "./gen/protos/configuration.ts";
export { EndorserDefinition } from "./gen/protos/endorser.ts";
export {
  BlockAndPrivateData,
  DeliverDefinition,
  DeliverResponse as PeerDeliverResponse,
  FilteredBlock,
  FilteredChaincodeAction,
  FilteredTransaction,
  FilteredTransactionActions,
} from "./gen/protos/events.ts";
export { ApplicationPolicy } from "./gen/protos/policy.ts";
export {
  ChaincodeAction,
  ChaincodeHeaderExtension,
  ChaincodeProposalPayload,
  Proposal,
  SignedProposal,
} from "./gen/protos/proposal.ts";
export {
  ChaincodeCall,
  ChaincodeInterest,
  Endorsement,
  ProposalResponse,
  ProposalResponsePayload,
  Response,
} from "./gen/protos/proposal_response.ts";
export {
  ChaincodeInfo,
  ChaincodeQueryResponse,
  ChannelInfo,
  ChannelQueryResponse,
  JoinBySnapshotStatus,
} from "./gen/protos/query.ts";
export {
  ChaincodeEndorsement,
  ChaincodeIdentifier,
  ChaincodeValidation,
  ConfigTree,
  VSCCArgs,
} from "./gen/protos/resources.ts";
export {
  QueryPendingSnapshotsResponse,
  SignedSnapshotRequest,
  SnapshotDefinition,
  SnapshotQuery,
  SnapshotRequest,
} from "./gen/protos/snapshot.ts";
export {
  ChaincodeActionPayload,
  ChaincodeEndorsedAction,
  MetaDataKeys,
  ProcessedTransaction,
  Transaction,
  TransactionAction,
  TxValidationCode,
} from "./gen/protos/transaction.ts";
export { KV as QueryResultKv, KeyModification } from "./gen/queryresult/kv_query_result.ts";
export {
  ConfChange as RaftConfChange,
  ConfChangeSingle as RaftConfChangeSingle,
  ConfChangeTransition as RaftConfChangeTransition,
  ConfChangeType as RaftConfChangeType,
  ConfChangeV2 as RaftConfChangeV2,
  ConfState as RaftConfState,
  Entry as RaftEntry,
  EntryType as RaftEntryType,
  HardState as RaftHardState,
  Message as RaftMessage,
  MessageType as RaftMessageType,
  Snapshot as RaftSnapshot,
  SnapshotMetadata as RaftSnapshotMetadata,
} from "./gen/raftpb/raft.ts";
export {
  CollectionHashedReadWriteSet,
  CollectionPvtReadWriteSet,
  NsPvtReadWriteSet,
  NsReadWriteSet,
  TxPvtReadWriteSet,
  TxReadWriteSet,
  TxReadWriteSet_DataModel,
} from "./gen/rwset/rwset.ts";
export { TxPvtReadWriteSetWithConfigInfo } from "./gen/transientstore/transientstore.ts";
export { KVWrite as UpdatesKVWrite, Updates } from "./gen/txmgr/updates.ts";
