/**
 * ts-proto's decoders accept some malformed input that Go's refuse, and two parties that disagree on what parses
 * can be made to fork. These rewrites close the difference in the generated text.
 */
interface Rewrite {
  readonly name: string;
  readonly from: RegExp;
  readonly to: string;
}

const REWRITES: readonly Rewrite[] = [
  {
    name: "a nested message ends exactly where its length says",
    from: /^( *)return message;\n( *)\} finally \{/gm,
    to: `$1if (reader.pos !== end) {\n$1  throw new globalThis.RangeError("message overruns its length");\n$1}\n$1return message;\n$2} finally {`,
  },
  {
    name: "field numbers start at 1 and a tag fits 32 bits",
    from: /^( *)const tag = reader\.uint32\(\);$/gm,
    to: "$1const [fieldNumber, wireType] = reader.tag();\n$1const tag = ((fieldNumber << 3) | wireType) >>> 0;",
  },
  {
    name: "a group ends only where one began, and with its number",
    from: /^( *)if \(\(tag & 7\) === 4 \|\| tag === 0\) \{\n *break;\n *\}\n *reader\.skip\(tag & 7\);$/gm,
    to: "$1reader.skip(wireType, fieldNumber);",
  },
];

const PACKED: Rewrite = {
  name: "packed numbers end exactly where their length says",
  from: /^( *)while \(reader\.pos < end2\) \{\n.*\n *\}\n/gm,
  to: `$&$1if (reader.pos !== end2) {\n$1  throw new globalThis.RangeError("packed field overruns its length");\n$1}\n`,
};

/** An absent value of a map entry is an empty message, as in Go, and not an absent entry. */
function keepEmptyMapValues(source: string): string {
  const entries = source.matchAll(
    /^export interface (\w+Entry) \{\n {2}key: \w+;\n {2}value: (\w+) \| undefined;\n\}/gm,
  );
  let result = source;
  for (const [, entry = "", value = ""] of entries) {
    const base = new RegExp(
      `(function createBase${entry}\\(\\): ${entry} \\{\n.*value: )undefined`,
    );
    result = result.replace(base, `$1${value}.fromPartial({})`);
  }
  return result;
}

function count(source: string, pattern: RegExp): number {
  return source.match(pattern)?.length ?? 0;
}

/** The generated text of `file` with every decoder hardened. Throws when ts-proto's output has changed its shape. */
export function harden(source: string, file: string): string {
  const decoders = count(source, /^function createBase/gm);
  let hardened = source;
  for (const { name, from, to } of REWRITES) {
    const found = count(hardened, from);
    if (found !== decoders) {
      throw new Error(
        `${file}: ${name}: ${found} places for ${decoders} decoders; adapt scripts/proto-harden.ts`,
      );
    }
    hardened = hardened.replace(from, to);
  }
  if (count(hardened, PACKED.from) !== count(hardened, /const end2 = /g)) {
    throw new Error(
      `${file}: ${PACKED.name}: not every place was found; adapt scripts/proto-harden.ts`,
    );
  }
  hardened = keepEmptyMapValues(hardened.replace(PACKED.from, PACKED.to));
  if (/Entry\(\): \w+ \{\n {2}return \{ key: [^,]+, value: undefined \}/.test(hardened)) {
    throw new Error(`${file}: a map entry without a value was left; adapt scripts/proto-harden.ts`);
  }
  return hardened;
}
