import type { Gauge, Meter } from "../../src/kernel/ports/meter.ts";
import type { ChannelInfo, ChannelStatus, ConsensusRelation } from "./channel-info.ts";

/** What participation measures, under Fabric's names and with Fabric's numbers. */
export interface ParticipationMetrics {
  report(info: ChannelInfo): void;
  height(channelId: string, height: number): void;
}

const RELATIONS: Readonly<Record<ConsensusRelation, number>> = {
  other: 0,
  consenter: 1,
  follower: 2,
  "config-tracker": 3,
};

const STATUSES: Readonly<Record<ChannelStatus, number>> = {
  inactive: 0,
  active: 1,
  onboarding: 2,
  failed: 3,
};

export function participationMetrics(meter: Meter): ParticipationMetrics {
  const gauge = (name: string, help: string): Gauge =>
    meter.gauge({ name, help, labels: ["channel"] });
  const relation = gauge(
    "participation_consensus_relation",
    "Part in the channel's consensus: 0 other, 1 consenter, 2 follower, 3 config-tracker.",
  );
  const status = gauge(
    "participation_status",
    "State of the channel here: 0 inactive, 1 active, 2 onboarding, 3 failed.",
  );
  const height = gauge("ledger_blockchain_height", "Height of the chain in blocks.");
  return {
    report: (info) => {
      relation.set(RELATIONS[info.consensusRelation], { channel: info.name });
      status.set(STATUSES[info.status], { channel: info.name });
    },
    height: (channel, blocks) => {
      height.set(blocks, { channel });
    },
  };
}
