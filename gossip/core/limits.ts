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

/** Dead members that one reconnect interval tries to reach, chosen at random. */
export const REVIVALS_PER_INTERVAL_MAX = 8;

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

/** Blocks that one request for a range asks for, and that are served for one. As Fabric's default. */
export const RANGE_BLOCKS_MAX = 10;

/** Requests for ranges in flight at once, each at another peer. */
export const RANGES_IN_FLIGHT_MAX = 4;

/** How far above the ledger blocks are kept while earlier ones are missing. Farther ones are dropped and asked for later. */
export const BUFFER_BLOCKS_MAX = 100;

/** Bytes of kept blocks. When exceeded, the farthest are dropped; the next one needed is always kept. */
export const BUFFER_BYTES_MAX: number = 64 * 1024 * 1024;

/** Versions of one block number kept until one of them verifies. When full, a further one is dropped. */
export const CANDIDATES_PER_BLOCK_MAX = 3;

/** Leadership times remembered per channel, one a peer. When full, a newcomer's message is ignored. */
export const LEADERS_MAX = 1_000;

/** A block that the ledger could not take is offered again after this time. */
export const STORE_RETRY_MS = 1_000;
