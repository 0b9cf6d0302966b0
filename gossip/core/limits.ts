/** Bounds of what a peer keeps and does on behalf of others. */

/** Members, alive and dead. When full, the member dead for longest makes room; without a dead one a newcomer is ignored. */
export const MEMBERS_MAX = 10_000;

/** Last times of members that were forgotten. When full, the oldest is dropped: only then could its old message count as new. */
export const TOMBSTONES_MAX = 10_000;

/** Identities. When full, the one unused for longest makes room. */
export const IDENTITIES_MAX = 10_000;

/** Channel states of one channel. When full, a peer not yet known is ignored. */
export const STATE_CLAIMS_MAX = 10_000;

/** Runnable chaincodes of one peer that are believed; further ones are ignored. */
export const CHAINCODES_PER_CLAIM_MAX = 1_000;

/** Dead members that answer no probes and that one reconnect interval tries to reach, chosen at random. */
export const REVIVALS_PER_INTERVAL_MAX = 8;

/** Dead members told of in one answer about the membership, chosen at random. Further ones are told of another time. */
export const DEAD_TOLD_MAX = 64;

/**
 * Claims of members alive told of in one answer about the membership, and their bytes, though always one. Of more, those that are told are
 * drawn at random; whoever gets so many asks on.
 */
export const ALIVE_TOLD_MAX = 1_000;
export const ALIVE_TOLD_BYTES_MAX: number = 4 * 1024 * 1024;

/** Buckets of a digest of the membership, 4 bytes each. In larger memberships a bucket holds more members. */
export const DIGEST_BUCKETS_MAX = 8_192;

/** Of a digest between peers that should know nearly the same: what differs in a bucket or two is sent with its neighbours. */
export const COARSE_BUCKETS_MAX = 1_024;

/** So many news in one answer, and more, are no trickle: whoever gets them compares on with others in the next round of news. */
export const MERGE_CLAIMS_MIN = 16;

/** The shortest time to refute, in probe intervals: times max(1, log10 of the member count). memberlist's suspicion multiplier. */
export const SUSPICION_MIN_FACTOR = 4;

/** So many members alive, and more, wait longer than memberlist's would: a death of one weighs less than the stir about one that stalls. */
export const PATIENT_GROUP_MIN = 20;

/** Their shortest time to refute, in probe intervals: whoever does nothing for eight of them still has the time to say so. */
export const PATIENT_GROUP_FACTOR = 9;

/** Probes that begin in a probe interval, evenly spread: found sooner, a death leaves the more time to refute it. */
export const PROBES_PER_INTERVAL = 2;

/** Up to so many members are asked three times directly before they are suspected; of ten times as many each once more, and so on. */
export const PATIENT_PROBING_MIN = 100;

/** The longest time to refute, when nobody confirms a suspicion: times the shortest. As memberlist has it. */
export const SUSPICION_MAX_FACTOR = 6;

/** Confirmations by others that bring the time to refute down to its shortest. As memberlist has it. */
export const CONFIRMATIONS_WANTED = 2;

/** The worst that a peer thinks of its own hearing: timeouts up to nine times as long. As memberlist has it. */
export const HEALTH_SCORE_MAX = 8;

/** From this score on a peer asks several members a round, so that it finds out sooner whether it is the others that are gone. */
export const DOUBT_SCORE_MIN = 4;
export const PROBES_IN_DOUBT = 3;

/** Probes on behalf of others under way. When full, a further one is not made; whoever asked has asked others too. */
export const RELAYED_PROBES_MAX = 64;

/** Rounds in a row that get no answer before the comparing ends. */
export const MERGE_ROUNDS_MAX = 5;

/** Accusations told in one round to each of a few members. Further ones wait for the next round, new before told. */
export const ACCUSATIONS_TOLD_MAX = 64;

/** Accusations that wait to be told. When full, what has been told longest ago is dropped. */
export const ACCUSATION_QUEUE_MAX = 10_000;

/** Claims told in one round to each of a few members, each of more than a kilobyte. */
export const CLAIMS_TOLD_MAX = 16;

/**
 * Claims that wait to be told. When full, what has been told longest ago is dropped: where so many change at once, comparing brings each
 * to everybody once, while telling would bring it several times.
 */
export const CLAIM_QUEUE_MAX = 128;

/** Claims of one message of news that are looked at. Further ones are ignored. */
export const NEWS_BATCH_MAX = 64;

/** News heard this often from others, while it is being told, is known well enough. */
export const NEWS_HEARD_ENOUGH = 4;

/** Rounds of telling per ceil(log10(members + 1)), times the members told in a round: memberlist's retransmit multiplier. */
export const NEWS_RETRANSMIT_FACTOR = 4;

/** Accusations of one message that are looked at. Further ones are ignored. */
export const ACCUSATIONS_MAX = 64;

/** Peers that are to be answered directly by the next claim. When full, a further one learns of it by news. */
export const REBUTTAL_AUDIENCE_MAX = 16;

/** Hellos of others that may still ask for items. When full, a further hello is not answered. */
export const OPEN_HELLOS_MAX = 256;

/** Items asked for, or served, in one exchange of a pull. Further ones wait for the next round. */
export const PULL_ITEMS_MAX = 1_000;

/** Requests of this peer's own, each with its nonce, whose answers it would accept. When full, the oldest is given up. */
export const EXPECTED_ANSWERS_MAX = 256;

/** Blocks offered in a digest: the newest ones. */
export const DIGEST_BLOCKS_MAX = 10;

/** Numbers of a received digest that are looked at; Fabric's peers offer 10 by default. Further ones are ignored. */
export const DIGEST_ITEMS_MAX = 100;

/** Blocks that one request for a range asks of a peer that may be Fabric's, as its default: it serves no longer ones. */
export const RANGE_BLOCKS_MAX = 10;

/** Blocks that one request asks of a peer that answers probes, and that are served for one. Bytes have a bound of their own where they are read. */
export const LONG_RANGE_BLOCKS_MAX = 50;

/** Requests for ranges in flight at once, each at another peer. */
export const RANGES_IN_FLIGHT_MAX = 4;

/** Taller members among which those to be asked for ranges are chosen, drawn at random where there are more: who is asked must not cost a look at all. */
export const SOURCES_DRAWN_MAX = 64;

/** How far above the ledger blocks are kept while earlier ones are missing. Farther ones are dropped and asked for later. */
export const BUFFER_BLOCKS_MAX = 200;

/** Bytes of kept blocks. When exceeded, the farthest are dropped; the next one needed is always kept. */
export const BUFFER_BYTES_MAX: number = 64 * 1024 * 1024;

/** Versions of one block number kept until one of them verifies. When full, a further one is dropped. */
export const CANDIDATES_PER_BLOCK_MAX = 3;

/** Claims about ledgers that a second may bring, by how often members publish: more members publish more seldom. */
export const STATE_NEWS_PER_SECOND = 20;

/**
 * How often at most a member says how far it is: each time costs it a signature and every other member a verification,
 * while missing blocks show in the blocks themselves.
 */
export const HEIGHT_NEWS_INTERVAL_MS = 1_000;

/**
 * A channel state that has not changed is published again after this many intervals and turns, and forgotten after three times as many
 * turns: whoever missed it asks.
 */
export const STATE_RENEWAL_TURNS = 5;

/** While nobody's channel state changes, or each peer tells all others of its own, others' are asked for once in so many intervals; they go on being asked for so many after a change. */
export const STATE_PULL_QUIET_INTERVALS = 5;

/** Newcomers of one second that are told a height at once; further ones, as after a partition, learn it from others and from heights. */
export const GREETINGS_PER_SECOND = 20;

/** Claims told in one answer to a pull, chosen at random. Further ones are told another time. */
export const STATE_SNAPSHOT_MAX = 200;

/** Up to so many other members of the organisation, whoever has a fresh block from the orderers sends it to all of them, and they to nobody. */
export const DIRECT_PUSH_MAX = 6;

/** After a block, heights are compared every round for so long, among few until all are level; later only as often as blocks are pulled. */
export const BEAT_WHILE_MS = 3_000;

/** Members that are told the height at once when a fresh block has been stored; among few, all of them are. */
export const BEATS_PER_BLOCK = 2;

/** Members, about, of any number, that tell one that is back their height at once; it and they pass on what that shows. */
export const RETURN_BEATS = 16;

/**
 * A block that was asked for is asked of nobody else for as long as answers take, within these bounds, unless by a request for a range.
 * The start holds until the first answer has come.
 */
export const ANSWER_WAIT_START_MS = 200;
export const ANSWER_WAIT_MIN_MS = 50;
export const ANSWER_WAIT_MAX_MS = 1_000;

/** When all that could serve missing blocks have failed, the next look at them is so much later. */
export const NO_SOURCE_PAUSE_MS = 200;

/** Leadership times remembered per channel, one a peer. When full, a newcomer's message is ignored. */
export const LEADERS_MAX = 1_000;

/** A block that the ledger could not take is offered again after this time. */
export const STORE_RETRY_MS = 1_000;

/** Private sets that one question asks for, as Fabric's reconciler has it. Further ones are asked for with the next. */
export const PRIVATE_DIGESTS_MAX = 10;

/** Questions in a row that a peer may leave unanswered before it is not asked again in the same search. */
export const PRIVATE_TRIES_MAX = 2;
