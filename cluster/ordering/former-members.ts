import { lastConfigNumber, type ChannelConfig } from "../../src/channel/index.ts";
import type { Block } from "../../src/wire/index.ts";
import type { ClusterMember } from "../replica/index.ts";
import { recordOf } from "./core/block-assembly.ts";
import { firstMembership } from "./core/membership.ts";
import { FORMER_CONFIGS_MAX } from "./limits.ts";
import { membersOf } from "./members.ts";
import type { OrderedBlocks } from "./ports.ts";

export interface FormerMembersDeps {
  readonly blocks: Pick<OrderedBlocks, "read">;
  /** The configuration that a config block brings. Throws for a malformed one. */
  readonly configOf: (block: Block) => ChannelConfig;
}

/**
 * The members with these ids as the newest configuration that named each of them did. Raft may count on a member that the
 * configuration in force no longer names, and after a restart nothing else says where it is. Those that the last
 * `FORMER_CONFIGS_MAX` configurations do not name are not found.
 */
export async function formerMembers(
  { blocks, configOf }: FormerMembersDeps,
  newest: Block,
  ids: ReadonlySet<number>,
): Promise<readonly ClusterMember[]> {
  const found = new Map<number, ClusterMember>();
  let number = configNumberAt(newest);
  for (
    let count = 0;
    count < FORMER_CONFIGS_MAX && number > 0 && found.size < ids.size;
    count += 1
  ) {
    const before = await blocks.read(number - 1);
    number = before === undefined ? 0 : configNumberAt(before);
    const block = await blocks.read(number);
    if (before === undefined || block === undefined) break;
    for (const member of membersAfter(before, configOf(block))) {
      if (ids.has(member.raftId) && !found.has(member.raftId)) found.set(member.raftId, member);
    }
  }
  return [...found.values()];
}

// Of the configuration in force after `block`. The first block's own may not be said.
function configNumberAt(block: Block): number {
  return block.header?.number === 0 ? 0 : (lastConfigNumber(block) ?? 0);
}

function membersAfter(block: Block, config: ChannelConfig): readonly ClusterMember[] {
  const membership = recordOf(block) ?? firstMembership(config.orderer.consenters.length);
  return membersOf(config, membership.consenterIds);
}
