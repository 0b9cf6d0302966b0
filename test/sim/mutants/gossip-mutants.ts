import type { Edit, Mutant } from "./mutation.ts";

function gossip(name: string, ...edits: readonly Edit[]): Mutant {
  return { name, hunt: "gossip", edits };
}

function edit(file: string, search: string, replacement: string): Edit {
  return { file: `gossip/core/${file}.ts`, search, replacement };
}

/** Bugs of who is believed to be there: alive messages, probes, suspicions, refutations. */
const MEMBERSHIP_MUTANTS: readonly Mutant[] = [
  gossip(
    "takes an old word of a dead member for its return",
    edit("membership", "this.lastClaimOf(peer)?.time", "undefined"),
    edit(
      "membership",
      'if (freshnessOf(claim.time, gone.time) !== "news" || !isBack(claim, gone)) return "refused";',
      "",
    ),
  ),
  gossip(
    "takes a later word of the same run for a return from the dead",
    edit("membership", ' || !isBack(claim, gone)) return "refused";', ') return "refused";'),
  ),
  gossip(
    "takes an older alive message in place of a newer one",
    edit("membership", "this.lastClaimOf(peer)?.time", "undefined"),
    edit(
      "membership",
      'if (freshnessOf(claim.time, before.time) !== "news") return "refused";',
      "",
    ),
  ),
  gossip(
    "takes no notice of refutations",
    edit("membership", "if (isRebuttal) this.#suspicions.delete(claim.peer);", ""),
  ),
  gossip("refutes without raising its count", edit("own-alive", "    this.#rebuttals += 1;\n", "")),
  gossip(
    "does not refute at all",
    edit(
      "own-news",
      "const draft = this.#context.own.rebut(accusation);",
      "const draft = undefined;",
    ),
  ),
  gossip(
    "never ends a suspicion",
    edit(
      "membership",
      "if (nowMs >= deadlineMs) died.push({ peer, isToldByOthers: hasVerdict });\n      else",
      "",
    ),
  ),
  gossip(
    "gives a suspect no time",
    edit(
      "suspicion",
      "return this.#sinceMs + suspicionTimeoutMs(this.#times, confirmations);",
      "return this.#sinceMs;",
    ),
  ),
  gossip(
    "waits as long however many confirm a suspicion",
    edit("suspicion", ": this.#accusers.size - 1;", ": 0;"),
  ),
  gossip(
    "believes at once what others say of a death",
    edit(
      "suspicion",
      "const confirmations = this.#hasVerdict",
      "if (this.#hasVerdict) return this.#sinceMs; const confirmations = this.#hasVerdict",
    ),
  ),
  gossip(
    "asks nobody else about one that is silent",
    edit("prober", "this.#options.indirectProbeCount,", "0,"),
  ),
  gossip("never trusts its hearing again", edit("prober", "      this.#health.change(-1);\n", "")),
  gossip(
    "forgets the lost",
    edit(
      "membership",
      "    this.#lay(claim, nowMs);\n  }\n\n  #lay",
      "    this.#forget(claim);\n  }\n\n  #lay",
    ),
  ),
  gossip(
    "does not look for the lost",
    edit("failure-detection", "if (isRound) this.#probeLost();", ""),
  ),
  gossip(
    "does not tell the dead that they count as dead",
    edit(
      "membership",
      "if (dead !== undefined) return accusationOf(dead, this.#self, true);",
      "if (dead !== undefined) return undefined;",
    ),
  ),
  gossip(
    "answers every comparison with the whole membership",
    edit("membership-exchange", "return sums[bucket] !== known[bucket];", "return true;"),
    edit(
      "membership-exchange",
      "if (sums.every((sum, bucket) => sum === known[bucket])) return () => false;",
      "",
    ),
    edit("membership-exchange", "if (digest === membership.digestWith(own.claim)) return;", ""),
  ),
  gossip(
    "tells news without end",
    edit("rumors", "if (entry.toldCount >= roundsMax)", "if (entry.toldCount < 0)"),
  ),
];

/** Bugs of how blocks get about: what is believed, asked for, passed on and stored. */
const BLOCK_MUTANTS: readonly Mutant[] = [
  gossip(
    "stores blocks that nobody has verified",
    edit(
      "block-flow",
      'this.#emit({ kind: "verify-block", number, bytes: candidate.bytes });',
      "this.#store(number, candidate);",
    ),
  ),
  gossip(
    "passes over a block that the ledger did not take",
    edit("block-flow", "    if (!isStored) return;\n", ""),
  ),
  gossip(
    "takes a late verdict for one about the next block",
    edit("block-flow", "if (number < this.#buffer.height) {", "if (number < 0) {"),
  ),
  gossip(
    "judges whatever block it has next",
    edit(
      "block-buffer",
      "return this.#candidates.get(this.#height)?.[0];",
      "return [...this.#candidates.values()][0]?.[0];",
    ),
  ),
  gossip(
    "goes on listening to a liar",
    edit("block-flow", "    this.#standing.lied(from, nowMs);\n", ""),
  ),
  gossip(
    "keeps what a liar said of other blocks",
    edit(
      "block-flow",
      "    this.#buffer.dropFrom(from);\n",
      "    this.#buffer.dropFrom(`${from}?`);\n",
    ),
  ),
  gossip(
    "lets a forged block keep the true one out",
    edit("limits", "CANDIDATES_PER_BLOCK_MAX = 3;", "CANDIDATES_PER_BLOCK_MAX = 1;"),
    edit("block-flow", "    this.#buffer.dropFrom(from);\n", ""),
  ),
  gossip(
    "waits for ever for a range that does not come",
    edit(
      "state-transfer",
      "      this.#inFlight.delete(nonce);\n      this.#standing.keptWaiting(to, this.#options.transferTimeoutMs, nowMs);\n",
      "",
    ),
  ),
  gossip(
    "asks those again that never answer",
    edit(
      "state-transfer",
      "      this.#standing.keptWaiting(to, this.#options.transferTimeoutMs, nowMs);\n",
      "",
    ),
  ),
  gossip(
    "lets two that never answer take turns",
    edit("standing", "waitMs * 2 ** (count - 1)", "waitMs"),
  ),
  gossip(
    "asks all at once for ranges",
    edit("limits", "RANGES_IN_FLIGHT_MAX = 4;", "RANGES_IN_FLIGHT_MAX = 100;"),
  ),
  gossip(
    "loses a range that comes in pieces",
    edit(
      "block-flow",
      '    this.#take(from, "transfer", asked, nowMs);\n    this.requestRanges(nowMs);\n',
      '    this.#take(from, "transfer", asked.slice(1), nowMs);\n',
    ),
  ),
  gossip(
    "pushes a block to everybody, and everybody does",
    edit(
      "block-flow",
      "const isDirect = this.#fewMembers() !== undefined;",
      "const isDirect = false;",
    ),
    edit("block-flow", "isDirect ? DIRECT_PUSH_MAX : this.#options.pushPeerCount,", "100,"),
  ),
  gossip(
    "pushes on what is old news",
    edit("block-flow", 'if (candidate.route !== "transfer") {', "if (number >= 0) {"),
  ),
  gossip(
    "keeps blocks however far ahead they are",
    edit("limits", "BUFFER_BLOCKS_MAX = 200;", "BUFFER_BLOCKS_MAX = 100_000;"),
  ),
  gossip(
    "does not ask when it hears of a taller ledger",
    edit(
      "block-pull",
      "if (height > last + 1 && isTrusted) this.#askAhead({ peer: from, height }, nowMs);",
      "",
    ),
    edit(
      "block-flow",
      " || this.#isBehind()) this.requestRanges(nowMs);",
      ") this.requestRanges(nowMs);",
    ),
    edit(
      "block-flow",
      "if ((event.height ?? 0) > this.#buffer.height) this.requestRanges(nowMs);",
      "",
    ),
    edit("block-flow", "if (this.#isBehind()) this.requestRanges(nowMs);", ""),
    edit(
      "channel",
      "if (claim.height > this.#blocks.height) this.#blocks.requestRanges(nowMs);",
      "",
    ),
    edit(
      "channel",
      "if (this.#roster.tallest > this.#blocks.height) this.#blocks.requestRanges(nowMs);",
      "",
    ),
  ),
  gossip(
    "tells nobody its height",
    edit(
      "block-pull",
      'this.#send(peer, { kind: "block-hello", nonce, height: this.#deps.buffer.height });',
      "",
    ),
    edit(
      "state-exchange",
      'for (const { peer } of others) this.#send(peer, { kind: "state-info", sealed });',
      "",
    ),
  ),
];

/** Bugs of who fetches blocks from the orderers. */
const DELIVERER_MUTANTS: readonly Mutant[] = [
  gossip(
    "delivers beside a smaller one",
    edit(
      "election",
      "if (this.isDeliverer && this.#self < peer) return",
      "if (this.isDeliverer) return",
    ),
  ),
  gossip(
    "leaves a deliverer's silence alone",
    edit(
      "election",
      "if (nowMs - role.heardMs < this.#times.declareExpirationMs) return undefined;",
      "return undefined;",
    ),
    edit(
      "election",
      'if (this.#role.kind !== "follower" || this.#role.leader !== peer) return undefined;',
      "return undefined;",
    ),
  ),
  gossip(
    "goes on delivering without orderers",
    edit("channel", "        this.#duty.yield(nowMs);\n", ""),
  ),
  gossip(
    "declares itself once",
    edit("election", "if (nowMs < role.declareAtMs) return undefined;", "return undefined;"),
  ),
  gossip("never helps itself", edit("deliverer-duty", "      this.#isSelfReliant = true;\n", "")),
  gossip(
    "goes on helping itself when it is level",
    edit("deliverer-duty", "if (!isBehind) this.#isSelfReliant = false;", "if (!isBehind) return;"),
  ),
  gossip(
    "sleeps while it helps itself",
    edit("deliverer-duty", "return this.#isSelfReliant ? nowMs : ", "return "),
  ),
  gossip(
    "sleeps while it lags",
    edit("block-flow", " || this.#transfer.isWaiting || this.#isBehind();", ";"),
  ),
  gossip(
    "sleeps while it has news to tell",
    edit("mesh", '      this.#news.isWaiting ? schedule.nextMs("news") : Infinity,\n', ""),
  ),
];

/** Bugs of gossip's cores. */
export const GOSSIP_MUTANTS: readonly Mutant[] = [
  ...MEMBERSHIP_MUTANTS,
  ...BLOCK_MUTANTS,
  ...DELIVERER_MUTANTS,
];
