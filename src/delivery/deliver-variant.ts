import type { ChannelConfig } from "../channel/index.ts";
import {
  type DeliverResponse,
  type Block,
  type PeerDeliverResponse,
  type Status,
} from "../wire/index.ts";
import { filteredBlock } from "./core/filtered-block.ts";

/** How one Deliver method differs from the others: who may call it and what it answers with. */
export interface DeliverVariant<Response> {
  /** Value of the metrics' label `data_type`. */
  readonly dataType: "block" | "filtered_block";
  /** Absolute path of the policy that a request must satisfy. */
  policyPath(config: ChannelConfig): string;
  status(status: Status): Response;
  block(block: Block, channelId: string): Response;
}

/** `orderer.AtomicBroadcast/Deliver`: in maintenance only orderers read. */
export const ORDERER_BLOCKS: DeliverVariant<DeliverResponse> = {
  dataType: "block",
  policyPath: (config: ChannelConfig): string =>
    config.orderer.state === "maintenance" ? "/Channel/Orderer/Readers" : "/Channel/Readers",
  status: (value: Status): DeliverResponse => ({ type: { $case: "status", value } }),
  block: (value: Block): DeliverResponse => ({ type: { $case: "block", value } }),
};

/** `protos.Deliver/Deliver`. */
export const PEER_BLOCKS: DeliverVariant<PeerDeliverResponse> = {
  dataType: "block",
  policyPath: (config: ChannelConfig): string => config.aclPolicyPath("event/Block"),
  status: (value: Status): PeerDeliverResponse => ({ type: { $case: "status", value } }),
  block: (value: Block): PeerDeliverResponse => ({ type: { $case: "block", value } }),
};

/** `protos.Deliver/DeliverFiltered`. */
export const PEER_FILTERED_BLOCKS: DeliverVariant<PeerDeliverResponse> = {
  dataType: "filtered_block",
  policyPath: (config: ChannelConfig): string => config.aclPolicyPath("event/FilteredBlock"),
  status: (value: Status): PeerDeliverResponse => ({ type: { $case: "status", value } }),
  block: (block: Block, channelId: string): PeerDeliverResponse => ({
    type: { $case: "filteredBlock", value: filteredBlock(block, channelId) },
  }),
};
