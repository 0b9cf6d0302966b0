/**
 * What is compared of a script's output. Each rule is about one thing that a script prints and that is not the protocol,
 * or that our core does otherwise by design.
 */

/** The library's log, which the scripts show between the lines of the protocol. */
const LOG_LINE = /^\s*(DEBUG|INFO|WARN|ERROR) /;

/**
 * Messages of a node to itself, and of its storage and its application to it: etcd's way to tell itself that a write or
 * an application is finished. Ours is told by events.
 */
const LOCAL_MESSAGE = /^\s*(?:(\d+)->\1|AppendThread->\d+|ApplyThread->\d+) /;

/**
 * A leader of an earlier term is told of the later one: by an acknowledgement of nothing in etcd, by an answer to a
 * heartbeat in ours.
 */
const EMPTY_ACKNOWLEDGEMENT = /MsgAppResp (Term:\d+ Log:0\/0)$/;

/** What etcd's interface for one node answers to a message of a node that is no longer a member; the core behind it ignores it. */
const NOT_A_MEMBER = "raft: cannot step as peer not found";

/** The lines of `output` to compare. */
export function comparable(output: string): readonly string[] {
  const lines = output
    .split("\n")
    .filter((line) => line !== "" && line !== "ok" && !LOG_LINE.test(line))
    .filter((line) => !LOCAL_MESSAGE.test(line) && line.trim() !== NOT_A_MEMBER)
    .map((line) => line.replace(EMPTY_ACKNOWLEDGEMENT, "MsgHeartbeatResp $1"));
  return withoutEmptyParts(lines);
}

// What only held lines that are left out: a list of answers, or the title of what a node received.
function withoutEmptyParts(lines: readonly string[]): readonly string[] {
  const kept: string[] = [];
  for (const line of lines) {
    const before = kept.at(-1);
    if (line.trim() === "]" && before?.endsWith(" Responses:[") === true) {
      kept[kept.length - 1] = before.replace(/ Responses:\[$/, "");
      continue;
    }
    if (!line.startsWith(" ") && before !== undefined && isTitle(before)) kept.pop();
    kept.push(line);
  }
  if (kept.length > 0 && isTitle(kept.at(-1)!)) kept.pop();
  return kept;
}

function isTitle(line: string): boolean {
  return /^> \d+ receiving messages$/.test(line);
}
