/** What waits in the nodes and between them, with the bounds that it must keep. */
import { PENDING_COUNT_MAX } from "../../../cluster/ordering/index.ts";
import { BLOCKS_HELD_MAX } from "../../committer/index.ts";
import { BUFFER_BLOCKS_MAX, GOSSIP_CONNECTIONS_MAX } from "../../../gossip/service/index.ts";
import { RPC_QUEUE_COUNT_MAX, RPC_STREAMS_PER_CONNECTION_MAX } from "../../kernel/limits.ts";
import type { NetworkView } from "../contracts.ts";
import { CHANNEL_ID } from "../material.ts";
import type { SimulatedNetwork } from "../ports/simulated-network.ts";
import type { SimulatedNode } from "./simulated-node.ts";

type Queue = NetworkView["queues"][number];

/** Of one node; nothing of one that is down. */
export function queuesOf(node: SimulatedNode): readonly Queue[] {
  const of = (what: string, length: number, lengthMax: number, restMax?: number): Queue => ({
    name: `${what} at ${node.name}`,
    length,
    lengthMax,
    ...(restMax === undefined ? {} : { restMax }),
  });
  const gauge = (name: string): number => node.gauges?.largest(name) ?? 0;
  const channel = node.orderer?.channel(CHANNEL_ID);
  const peer = node.peer?.channel(CHANNEL_ID);
  return [
    ...(channel === undefined
      ? []
      : [
          of("envelopes to be ordered", channel.chain.pendingCount, PENDING_COUNT_MAX, 0),
          of(
            "messages to an orderer",
            gauge("cluster_comm_egress_queue_length"),
            gauge("cluster_comm_egress_queue_capacity"),
            MESSAGES_AT_REST_MAX,
          ),
        ]),
    ...(peer === undefined
      ? []
      : [
          of("blocks in commit", peer.blocksInCommit, BLOCKS_HELD_MAX, 0),
          of("blocks ahead", gauge("gossip_payload_buffer_size"), BUFFER_BLOCKS_MAX, 0),
          of("gossip streams", gauge("gossip_comm_connections"), GOSSIP_CONNECTIONS_MAX),
        ]),
  ];
}

/** Of all calls that are open between machines. */
export function queuesBetween(network: SimulatedNetwork): readonly Queue[] {
  const { callsMax, unreadMax } = network.openCalls();
  return [
    {
      name: "calls from one machine to another",
      length: callsMax,
      lengthMax: RPC_STREAMS_PER_CONNECTION_MAX,
      restMax: CALLS_AT_REST_MAX,
    },
    { name: "unread messages of a call", length: unreadMax, lengthMax: RPC_QUEUE_COUNT_MAX },
  ];
}

/** Heartbeats are on their way at any time. */
const MESSAGES_AT_REST_MAX = 16;
/** Streams between two machines of a network at rest: gossip, Raft, delivery. */
const CALLS_AT_REST_MAX = 40;
