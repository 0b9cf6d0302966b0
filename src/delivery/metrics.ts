import type { Counter, Meter } from "../kernel/ports/meter.ts";

/** Fabric's metrics of a Deliver service. */
export interface DeliverMetrics {
  readonly streamsOpened: Counter;
  readonly streamsClosed: Counter;
  readonly requestsReceived: Counter;
  readonly requestsCompleted: Counter;
  readonly blocksSent: Counter;
}

const LABELS = ["channel", "filtered", "data_type"] as const;

/** Creates them; the services of one node share them. */
export function deliverMetrics(meter: Meter): DeliverMetrics {
  return {
    streamsOpened: meter.counter({
      name: "deliver_streams_opened",
      help: "Deliver streams that were opened.",
    }),
    streamsClosed: meter.counter({
      name: "deliver_streams_closed",
      help: "Deliver streams that have ended.",
    }),
    requestsReceived: meter.counter({
      name: "deliver_requests_received",
      help: "Requests for blocks of a channel that this node has.",
      labels: LABELS,
    }),
    requestsCompleted: meter.counter({
      name: "deliver_requests_completed",
      help: "Requests for blocks that have ended, by success.",
      labels: [...LABELS, "success"],
    }),
    blocksSent: meter.counter({
      name: "deliver_blocks_sent",
      help: "Blocks that were sent to clients.",
      labels: LABELS,
    }),
  };
}
