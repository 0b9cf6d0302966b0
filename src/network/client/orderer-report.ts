/** What an orderer says of itself and of its channels. */
import { z } from "zod";
import type { GroupReport } from "../../../cluster/ordering/index.ts";

export interface OrdererChannelReport {
  readonly name: string;
  /** In the words of the participation API. */
  readonly consensusRelation: string;
  readonly status: string;
  /** Number of blocks. */
  readonly height: number;
  /** Null where it does not order the channel. */
  readonly group: GroupReport | null;
}

export interface OrdererReport {
  /** It takes no transactions and leads nothing. */
  readonly drained: boolean;
  readonly channels: readonly OrdererChannelReport[];
}

const groupSchema: z.ZodType<GroupReport> = z.object({
  channelId: z.string(),
  raftId: z.number(),
  role: z.string(),
  term: z.number(),
  leaderId: z.number().nullable(),
  height: z.number(),
  lastIndex: z.number(),
  lastTerm: z.number(),
  commitIndex: z.number(),
  appliedIndex: z.number(),
  voters: z.array(z.number()),
  consenters: z.array(
    z.object({
      raftId: z.number(),
      address: z.string(),
      isVoter: z.boolean(),
      isActive: z.boolean().nullable(),
    }),
  ),
  pending: z.object({ raftId: z.number(), reason: z.string() }).nullable(),
  complaint: z.string().nullable(),
});

const schema: z.ZodType<OrdererReport> = z.object({
  drained: z.boolean(),
  channels: z.array(
    z.object({
      name: z.string(),
      consensusRelation: z.string(),
      status: z.string(),
      height: z.number(),
      group: groupSchema.nullable(),
    }),
  ),
});

/** Throws for what is no report. */
export function readOrdererReport(content: unknown): OrdererReport {
  return schema.parse(content);
}
