import type { ChannelObserver } from "../channel-peer.ts";
import type { ChannelWorld } from "../channel-world.ts";

/** Within this time nothing has been answered, or so little that it does not matter. */
const WINDOW_MS = 2;

/** G6: nobody asks for more than so many ranges at once, and no one for two. Answers the violations, as they happen. */
export function watchRanges(world: ChannelWorld, countMax: number): readonly string[] {
  const violations: string[] = [];
  const asked = new Map<number, { atMs: number; to: number[] }>();
  const before: ChannelObserver = world.observer;
  world.observer = {
    ...before,
    sent: (from, to, message) => {
      before.sent?.(from, to, message);
      if (message.kind !== "range-request") return;
      const { nowMs } = world;
      const last = asked.get(from.index);
      const isNew = last === undefined || nowMs - last.atMs >= WINDOW_MS;
      const now = isNew ? { atMs: nowMs, to: [to] } : { ...last, to: [...last.to, to] };
      asked.set(from.index, now);
      if (now.to.length <= countMax) return;
      violations.push(`peer ${from.index} asks for ${now.to.length} ranges at once`);
    },
  };
  return violations;
}
