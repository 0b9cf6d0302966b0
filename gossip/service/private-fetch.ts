/** Fetches private sets that blocks announce from the peers that may have them. */
import { sha256 } from "../../src/crypto/index.ts";
import { equalBytes } from "../../src/kernel/bytes.ts";
import type { Clock } from "../../src/kernel/ports/clock.ts";
import type { Logger } from "../../src/kernel/ports/logger.ts";
import type { Random } from "../../src/kernel/ports/random.ts";
import type { AnnouncedPrivateSet } from "../../src/ledger/index.ts";
import { PrivateSearch, chooseRecipients, type PrivateQuestion } from "../core/index.ts";

import type { PrivateExchange } from "./private-exchange.ts";
import type { PrivateMetrics } from "./private-metrics.ts";
import { digestId } from "./private-wire.ts";

export interface PrivateFetchDeps {
  readonly exchange: Pick<PrivateExchange, "ask" | "membersOf">;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: PrivateMetrics;
}

/** A set that came, whose hash is the one announced. */
export interface FetchedPrivateSet {
  readonly announced: AnnouncedPrivateSet;
  /** Marshalled `KVRWSet`. */
  readonly bytes: Uint8Array;
}

/**
 * Asks members of the collections until every set is there, nobody is left to ask, or the time is over. What does not have the
 * announced hash is dropped, and its sender is not asked for that set again.
 */
export async function fetchPrivateSets(
  deps: PrivateFetchDeps,
  channelId: string,
  wanted: readonly AnnouncedPrivateSet[],
  timeoutMs: number,
): Promise<readonly FetchedPrivateSet[]> {
  const { clock } = deps;
  const byId = new Map(wanted.map((set) => [digestId(set), set]));
  const search = new PrivateSearch(sourcesOf(deps, channelId, byId));
  const fetched: FetchedPrivateSet[] = [];
  const deadlineMs = clock.monotonicMs() + timeoutMs;
  while (!search.isOver && clock.monotonicMs() < deadlineMs) {
    const questions = search.takeQuestions();
    await Promise.all(
      questions.map(async (question) => {
        const found = await ask(deps, channelId, question, byId);
        if (found === undefined) {
          search.silent(question);
          return;
        }
        fetched.push(...found);
        search.answered(question, new Set(found.map(({ announced }) => digestId(announced))));
      }),
    );
  }
  return fetched;
}

function sourcesOf(
  { exchange, random }: PrivateFetchDeps,
  channelId: string,
  wanted: ReadonlyMap<string, AnnouncedPrivateSet>,
): readonly { readonly id: string; readonly sources: readonly string[] }[] {
  const byCollection = new Map<string, ReturnType<typeof exchange.membersOf>>();
  return [...wanted].map(([id, { namespace, collection }]) => {
    const name = JSON.stringify([namespace, collection]);
    const members =
      byCollection.get(name) ?? exchange.membersOf(channelId, { namespace, collection });
    byCollection.set(name, members);
    return { id, sources: chooseRecipients(members, members.length, random) };
  });
}

async function ask(
  { exchange, clock, logger, metrics }: PrivateFetchDeps,
  channelId: string,
  { to, ids }: PrivateQuestion,
  wanted: ReadonlyMap<string, AnnouncedPrivateSet>,
): Promise<readonly FetchedPrivateSet[] | undefined> {
  const startMs = clock.monotonicMs();
  const asked = ids.flatMap((id) => wanted.get(id) ?? []);
  const answer = await exchange.ask(channelId, to, asked);
  const seconds = (clock.monotonicMs() - startMs) / 1_000;
  metrics.privatePull.observe(seconds, { channel: channelId });
  if (answer === undefined) return undefined;
  return asked.flatMap((announced) => {
    const sets = answer.get(digestId(announced)) ?? [];
    const genuine = sets.find((bytes) => equalBytes(sha256(bytes), announced.hash));
    if (genuine !== undefined) return [{ announced, bytes: genuine.slice() }];
    if (sets.length > 0) {
      metrics.forgedPrivateSets.add(1, { channel: channelId });
      logger.warn("a peer served private data that is not what the block announces", {
        peer: to,
        namespace: announced.namespace,
        collection: announced.collection,
        block: announced.blockNumber,
      });
    }
    return [];
  });
}
