import type { Counter, Gauge, Meter } from "../../src/kernel/ports/meter.ts";

/** Why a received message was not used; the label of `gossip_comm_messages_refused`. */
export type Refusal =
  /** Not a message, or one without content or with fields that cannot be. */
  | "malformed"
  /** Its tag does not fit its kind. */
  | "tag"
  /** Of a channel that this peer has not joined. */
  | "channel"
  /** The sender's, or the owner's, organisation may not say this. */
  | "organization"
  /** A signature or an identity that does not verify. */
  | "signature"
  /** Its owner's identity is not known yet. */
  | "identity"
  /** An answer that nobody asked for. */
  | "unasked"
  /** Private data that this peer did not keep. */
  | "private-data"
  /** Of a kind that this peer has no use for. */
  | "unsupported";

/** The metrics of one peer's gossip; Fabric's names where Fabric has them. */
export interface GossipMetrics {
  readonly sent: Counter;
  readonly received: Counter;
  /** Messages dropped because a queue was full. */
  readonly overflow: Counter;
  readonly refused: Counter;
  readonly connections: Gauge;
  readonly peersKnown: Gauge;
  readonly suspects: Gauge;
  /** 0 while this peer hears well, at most 8: its timeouts are so many times longer. */
  readonly healthScore: Gauge;
  readonly leader: Gauge;
  readonly height: Gauge;
  readonly buffered: Gauge;
  /** Blocks that peers served and that did not verify. */
  readonly forgedBlocks: Counter;
  /** Requests for blocks that brought none, of peers that say to have them. */
  readonly unservedRequests: Counter;
}

export function gossipMetrics(meter: Meter): GossipMetrics {
  const labels = ["channel"];
  return {
    sent: meter.counter({ name: "gossip_comm_messages_sent", help: "Messages sent" }),
    received: meter.counter({ name: "gossip_comm_messages_received", help: "Messages received" }),
    overflow: meter.counter({
      name: "gossip_comm_overflow_count",
      help: "Messages dropped because a queue was full",
    }),
    refused: meter.counter({
      name: "gossip_comm_messages_refused",
      help: "Received messages that were not used, by reason",
      labels: ["reason"],
    }),
    connections: meter.gauge({
      name: "gossip_comm_connections",
      help: "Authenticated streams to other peers",
    }),
    peersKnown: meter.gauge({
      name: "gossip_membership_total_peers_known",
      help: "Members of the channel besides this peer",
      labels,
    }),
    suspects: meter.gauge({
      name: "gossip_membership_suspects",
      help: "Members that have not answered and may still refute that they are gone",
    }),
    healthScore: meter.gauge({
      name: "gossip_membership_health_score",
      help: "How little this peer trusts its own hearing, 0 to 8",
    }),
    leader: meter.gauge({
      name: "gossip_leader_election_leader",
      help: "1 when this peer pulls the channel's blocks for its organisation",
      labels,
    }),
    height: meter.gauge({
      name: "gossip_state_height",
      help: "Blocks of the channel's ledger",
      labels,
    }),
    buffered: meter.gauge({
      name: "gossip_payload_buffer_size",
      help: "Blocks that wait for an earlier one",
      labels,
    }),
    forgedBlocks: meter.counter({
      name: "gossip_state_forged_blocks",
      help: "Blocks from peers that did not verify",
      labels,
    }),
    unservedRequests: meter.counter({
      name: "gossip_state_unserved_requests",
      help: "Requests for blocks that brought none from a peer that says to have them",
      labels,
    }),
  };
}
