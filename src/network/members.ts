/** The members of a channel as one peer's gossip knows them. */
import { z } from "zod";
import { NetworkError } from "./errors.ts";
import { hostOf, type PeerSite } from "./topology.ts";

const TIMEOUT_MS = 2_000;

/** One member of a channel. */
export interface Member {
  readonly mspId: string;
  /** Empty where the peer keeps it to its own organisation. */
  readonly endpoint: string;
  readonly height: number;
  /** Blocks behind the highest member. */
  readonly lag: number;
  readonly chaincodes: readonly { readonly name: string; readonly version: string }[];
  /** Whether it is the peer that was asked. */
  readonly isSelf: boolean;
  /** When its process began, by its own clock (ISO 8601). */
  readonly since: string | null;
}

export interface MembersReport {
  readonly channelId: string;
  readonly members: readonly Member[];
}

const memberSchema: z.ZodType<Member> = z.object({
  mspId: z.string(),
  endpoint: z.string(),
  height: z.number(),
  lag: z.number(),
  chaincodes: z.array(z.object({ name: z.string(), version: z.string() })),
  isSelf: z.boolean(),
  since: z.string().nullable(),
});
const answerSchema: z.ZodType<MembersReport> = z.object({
  channelId: z.string(),
  members: z.array(memberSchema),
});

/** Asks the peer's operations endpoint. Rejects when it does not answer or has not joined the channel. */
export async function readMembers(peer: PeerSite, channelId: string): Promise<MembersReport> {
  const url = `http://${hostOf(peer)}:${peer.operationsPort}/gossip/members?channel=${encodeURIComponent(channelId)}`;
  const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) }).catch(
    (cause: unknown) => {
      throw new NetworkError(
        "not running",
        `${peer.name} does not answer; see \`heddle status\`, or ask another peer with --peer`,
        { cause },
      );
    },
  );
  if (response.status === 404) {
    throw new NetworkError("unknown name", `${peer.name} has not joined ${channelId}`);
  }
  return answerSchema.parse(await response.json());
}
