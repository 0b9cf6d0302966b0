/**
 * Reader of the "datadriven" script format: a command with arguments, a line `----`, and the exact output expected.
 *
 *     # a comment
 *     committed cfg=(1, 2) idx=(_,12)
 *     ----
 *     …output, up to a blank line; or between two pairs of `----` lines if it has blank lines itself
 */

/** One command of a script. */
export interface DatadrivenCase {
  /** Of the command, from 1. */
  readonly line: number;
  readonly command: string;
  /** `key=(a,b)` gives [a, b], `key=a` gives [a], a bare `key` gives []. */
  readonly args: ReadonlyMap<string, readonly string[]>;
  /** The arguments without a value, in order. */
  readonly words: readonly string[];
  /** Lines between the command and `----`. */
  readonly input: string;
  /** Ends with a line feed unless empty. */
  readonly expected: string;
}

/** Every case of `script`, in order. Throws on a command without output separator or with a malformed argument. */
export function parseDatadriven(script: string): readonly DatadrivenCase[] {
  const lines = script.split("\n");
  const cases: DatadrivenCase[] = [];
  let position = 0;
  while (position < lines.length) {
    const text = (lines[position] ?? "").trim();
    if (text === "" || text.startsWith("#")) {
      position += 1;
      continue;
    }
    const parsed = parseCase(lines, position);
    cases.push(parsed.case);
    position = parsed.end;
  }
  return cases;
}

function parseCase(lines: readonly string[], start: number): { case: DatadrivenCase; end: number } {
  const separator = lines.indexOf("----", start);
  if (separator < 0) throw new Error(`line ${start + 1}: no "----" follows the command`);
  const { command, args, words } = parseCommand(lines[start] ?? "", start + 1);
  const input = lines.slice(start + 1, separator).join("\n");
  const isFenced = lines[separator + 1] === "----";
  const first = separator + (isFenced ? 2 : 1);
  const end = isFenced ? fenceAfter(lines, first) : blankAfter(lines, first);
  const output = lines.slice(first, end);
  const expected = output.length === 0 ? "" : `${output.join("\n")}\n`;
  return {
    case: { line: start + 1, command, args, words, input, expected },
    end: isFenced ? end + 2 : end,
  };
}

function blankAfter(lines: readonly string[], first: number): number {
  const end = lines.indexOf("", first);
  return end < 0 ? lines.length : end;
}

function fenceAfter(lines: readonly string[], first: number): number {
  for (let line = first; line + 1 < lines.length; line += 1) {
    if (lines[line] === "----" && lines[line + 1] === "----") return line;
  }
  throw new Error(`line ${first}: the fenced output does not end`);
}

function parseCommand(
  text: string,
  line: number,
): Pick<DatadrivenCase, "command" | "args" | "words"> {
  const [command = "", ...parts] = text.trim().match(/[^\s=]+=\([^)]*\)|\S+/g) ?? [];
  const args = new Map<string, readonly string[]>();
  const words: string[] = [];
  for (const part of parts) {
    const match = /^([^=()]+)(?:=(?:\(([^()]*)\)|([^()]+)))?$/.exec(part);
    if (match === null) throw new Error(`line ${line}: malformed argument ${part}`);
    const [, key = "", list, single] = match;
    if (list === undefined && single === undefined) words.push(key);
    args.set(key, list === undefined ? (single === undefined ? [] : [single]) : splitList(list));
  }
  return { command, args, words };
}

function splitList(list: string): readonly string[] {
  return list.trim() === "" ? [] : list.split(",").map((value) => value.trim());
}
