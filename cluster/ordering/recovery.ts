/** Makes one orderer the whole of a channel's group when its majority is lost for good. For a node that does not run. */
import { ChannelConfig, lastConfigNumber } from "../../src/channel/index.ts";
import type { Clock } from "../../src/kernel/ports/clock.ts";
import type { Files } from "../../src/kernel/ports/files.ts";
import type { Logger } from "../../src/kernel/ports/logger.ts";
import type { Timers } from "../../src/kernel/ports/timers.ts";
import { BlockStore } from "../../src/ledger/index.ts";
import {
  forceGroup,
  otherMembers,
  planForcedGroup,
  type ForcedGroupPlan,
} from "../replica/index.ts";
import { recordOf } from "./core/block-assembly.ts";
import { firstMembership } from "./core/membership.ts";
import { OrderingError } from "./errors.ts";
import { recoveryRecords, saveRecord, type RecoveryRecord } from "./recovery-record.ts";

export interface RecoveryDeps {
  readonly files: Files;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly logger: Logger;
}

/** What a recovery of the channel in a folder would do. */
export interface RecoveryForecast {
  readonly channelId: string;
  readonly raftId: number;
  readonly height: number;
  readonly voters: readonly number[];
  readonly consenters: readonly { readonly raftId: number; readonly address: string }[];
  /** The last entry that is known to be committed: by the log, or because its block is here. */
  readonly committedIndex: number;
  /** The last entry of the log. Those after `committedIndex` become part of the channel whether they were committed or not. */
  readonly lastIndex: number;
  readonly lastTerm: number;
  readonly newTerm: number;
  /** Everyone else. */
  readonly cutOffIds: readonly number[];
  /** It is the whole group already. */
  readonly isAlone: boolean;
}

export interface RecoveryRequest {
  /** Of the channel at this node. */
  readonly directory: string;
  /** Who does it. */
  readonly by: string;
  /** What is known of the others, for the record. */
  readonly others: unknown;
}

/** Throws `ReplicaError` and `OrderingError` for what makes a recovery impossible. Changes nothing but a torn end. */
export async function forecastRecovery(
  deps: RecoveryDeps,
  directory: string,
): Promise<RecoveryForecast> {
  const plan = await planForcedGroup(deps, `${directory}/raft`);
  const { height, appliedIndex, consenters } = await chainOf(deps, directory);
  const members = [...otherMembers(plan.before, plan.raftId), ...consenters.map((c) => c.raftId)];
  const cutOffIds = [...new Set(members)].filter((id) => id !== plan.raftId).sort((a, b) => a - b);
  return {
    channelId: plan.channelId,
    raftId: plan.raftId,
    height,
    voters: plan.before.voters,
    consenters,
    committedIndex: Math.max(plan.commitIndex, Math.min(appliedIndex, plan.lastIndex)),
    lastIndex: plan.lastIndex,
    lastTerm: plan.lastTerm,
    newTerm: plan.term,
    cutOffIds,
    isAlone: plan.isAlone,
  };
}

/**
 * Does it. The record is durable before the log is changed, and completed after it; interrupted anywhere, the same call
 * goes on. Throws as `forecastRecovery`, and when the group is the member alone without a recovery.
 */
export async function recoverAlone(
  deps: RecoveryDeps,
  request: RecoveryRequest,
): Promise<{ readonly record: RecoveryRecord; readonly path: string }> {
  const { directory } = request;
  const begun = (await recoveryRecords(deps.files, directory)).find(
    ({ state }) => state === "begun",
  );
  const forecast = await forecastRecovery(deps, directory);
  if (begun === undefined && forecast.isAlone) {
    throw new OrderingError(
      "nothing_to_recover",
      `this orderer is the only member of the group of ${forecast.channelId} already: start it`,
    );
  }
  const record = begun ?? recordFrom(forecast, request, deps.clock);
  await saveRecord(deps.files, directory, record);
  const plan = await forceGroup(deps, `${directory}/raft`);
  const done: RecoveryRecord = { ...record, state: "done" };
  const path = await saveRecord(deps.files, directory, done);
  deps.logger.warn("made this member the whole of its group", fieldsOf(plan, done));
  return { record: done, path };
}

function fieldsOf(plan: ForcedGroupPlan, record: RecoveryRecord): Record<string, unknown> {
  const { by, cutOffIds, newTerm } = record;
  return { channel: plan.channelId, raftId: plan.raftId, by, cutOffIds, newTerm };
}

function recordFrom(
  forecast: RecoveryForecast,
  { by, others }: RecoveryRequest,
  clock: Clock,
): RecoveryRecord {
  const { channelId, raftId, height, committedIndex, lastIndex, lastTerm, newTerm } = forecast;
  return {
    formatVersion: 1,
    state: "begun",
    at: new Date(clock.wallMs()).toISOString(),
    by,
    channelId,
    raftId,
    height,
    votersBefore: forecast.voters,
    votersAfter: [raftId],
    committedIndex,
    lastIndex,
    lastTerm,
    newTerm,
    cutOffIds: forecast.cutOffIds,
    others,
  };
}

interface ChainOnDisk {
  readonly height: number;
  readonly appliedIndex: number;
  readonly consenters: RecoveryForecast["consenters"];
}

async function chainOf(deps: RecoveryDeps, directory: string): Promise<ChainOnDisk> {
  const blocks = await BlockStore.open({ ...deps, directory: `${directory}/blocks` });
  try {
    const newest = blocks.height === 0 ? undefined : await blocks.read(blocks.height - 1);
    const configBlock = newest && (await blocks.read(lastConfigNumber(newest) ?? 0));
    if (newest === undefined || configBlock === undefined) {
      throw new OrderingError("no_blocks", `there are no blocks in ${directory}/blocks`);
    }
    const { orderer } = ChannelConfig.fromBlock(configBlock);
    const record = recordOf(newest);
    const { consenterIds } = record ?? firstMembership(orderer.consenters.length);
    const consenters = orderer.consenters.flatMap(({ host, port }, place) => {
      const raftId = consenterIds[place];
      return raftId === undefined ? [] : [{ raftId, address: `${host}:${port}` }];
    });
    return { height: blocks.height, appliedIndex: record?.raftIndex ?? 0, consenters };
  } finally {
    await blocks.close();
  }
}
