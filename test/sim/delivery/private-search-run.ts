import { PRIVATE_DIGESTS_MAX, PRIVATE_TRIES_MAX } from "../../../gossip/core/limits.ts";
import { PrivateSearch } from "../../../gossip/core/private-search.ts";
import type { Random } from "../../../src/kernel/ports/random.ts";

const PEERS = ["a", "b", "c", "d"];
const QUESTIONS_MAX = 500;

/** Some peers are silent, some have only a part: what anybody has that answers is found, and nobody is asked for ever. */
export function runPrivateSearch(random: Random): void {
  const silent = new Set(PEERS.filter(() => random.below(4) === 0));
  const ids = Array.from({ length: 1 + random.below(30) }, (_, index) => `set ${index}`);
  const holders = new Map(ids.map((id) => [id, PEERS.filter(() => random.below(3) === 0)]));
  const search = new PrivateSearch(ids.map((id) => ({ id, sources: PEERS })));
  const found = new Set<string>();
  const silences = new Map<string, number>();
  for (let asked = 0; !search.isOver; asked += 1) {
    if (asked > QUESTIONS_MAX) throw new Error("a search has no end");
    for (const question of search.takeQuestions()) {
      const { to } = question;
      if (question.ids.length > PRIVATE_DIGESTS_MAX) throw new Error("a question is too long");
      if (silent.has(to)) {
        silences.set(to, (silences.get(to) ?? 0) + 1);
        search.silent(question);
        continue;
      }
      const has = new Set(question.ids.filter((id) => holders.get(id)?.includes(to)));
      for (const id of has) found.add(id);
      search.answered(question, has);
    }
  }
  const lost = ids.find(
    (id) => holders.get(id)?.some((peer) => !silent.has(peer)) === true && !found.has(id),
  );
  if (lost !== undefined) throw new Error(`${lost} is given up though somebody has it`);
  const questionsMax = PRIVATE_TRIES_MAX + Math.ceil(ids.length / PRIVATE_DIGESTS_MAX);
  const bothered = [...silences].find(([, count]) => count > questionsMax);
  if (bothered !== undefined)
    throw new Error(`${bothered[0]} answers nothing and is asked ${bothered[1]} times`);
}
