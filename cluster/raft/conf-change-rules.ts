/** What entries with changes of the configuration come to (Raft §6). */
import type { ConfChange, RaftConfiguration } from "./configuration.ts";
import { changeConfiguration } from "./conf-changer.ts";
import type { Entry } from "./entry.ts";

/** The change that `entry` makes once it is applied. */
export function changeOf(entry: Entry): ConfChange | undefined {
  return entry.type === "normal" ? undefined : entry.change;
}

/**
 * `configuration` after the changes of `entries`. One that does not fit is passed over: it does not fit on any node,
 * since all apply the same changes in the same order.
 */
export function applyChanges(
  configuration: RaftConfiguration,
  entries: readonly Entry[],
): RaftConfiguration {
  let current = configuration;
  for (const entry of entries) {
    const change = changeOf(entry);
    if (change === undefined) continue;
    const result = changeConfiguration(current, change);
    if (result.ok) current = result.configuration;
  }
  return current;
}

/**
 * An index that `entries`, a log, prove to be committed: a leader appends a change only after it has applied the one
 * before. Without this a node that lost its hint in a crash could campaign in a configuration two changes old, whose
 * majorities need not meet those of today.
 */
export function impliedCommit(entries: readonly Entry[]): number {
  const changes = entries.filter((entry) => changeOf(entry) !== undefined);
  return changes.at(-2)?.index ?? 0;
}
