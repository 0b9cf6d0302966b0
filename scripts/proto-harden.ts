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
    name: "field numbers start at 1, a tag fits 32 bits, and fields are counted",
    from: /^( *)const tag = reader\.uint32\(\);$/gm,
    to: "$1const tag = reader.field();",
  },
  {
    name: "a group ends only where one began, and with its number",
    from: /^( *)if \(\(tag & 7\) === 4 \|\| tag === 0\) \{\n *break;\n *\}\n *reader\.skip\(tag & 7\);$/gm,
    to: "$1reader.skip(tag & 7, tag >>> 3);",
  },
];

const PACKED: Rewrite = {
  name: "packed numbers end exactly where their length says",
  from: /^( *)while \(reader\.pos < end2\) \{\n.*\n *\}\n/gm,
  to: `$&$1if (reader.pos !== end2) {\n$1  throw new globalThis.RangeError("packed field overruns its length");\n$1}\n`,
};

/** Decoders read with our reader, and absent bytes are one shared value: making typed arrays is most of a small message's cost. */
function useOwnReader(source: string, file: string): string {
  const body = source
    .replaceAll("new Uint8Array(0)", "EMPTY_BYTES")
    .replaceAll(/^( *)while \(reader\.pos < end2\) \{\n/gm, "$&$1  reader.countField();\n");
  const wire = "../".repeat(file.split("/").length);
  const bytes = body.includes("EMPTY_BYTES")
    ? `import { EMPTY_BYTES } from "${wire}../kernel/bytes.ts";\n`
    : "";
  return body.replace(
    'import { BinaryReader, BinaryWriter } from "@bufbuild/protobuf/wire";\n',
    'import { BinaryWriter } from "@bufbuild/protobuf/wire";\n' +
      bytes +
      `import { WireReader as BinaryReader } from "${wire}wire-reader.ts";\n`,
  );
}

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

/** A singular message that comes twice is merged, as the protobuf specification has it; ts-proto keeps the last. */
function mergeRepeatedMessages(source: string): string {
  return source
    .replace(
      /(\n {2}decode\(\s*input: BinaryReader \| Uint8Array,\s*length\?: number),?(\s*\): (\w+)(?: \{|;))/g,
      "$1, into?: $3$2",
    )
    .replace(/^( {6}const message = )(createBase\w+\(\);)$/gm, "$1into ?? $2")
    .replace(
      /(message\.\w+) = (\w+)\.decode\(reader, reader\.uint32\(\)\)/g,
      "$1 = $2.decode(reader, reader.uint32(), $1)",
    )
    .replace(
      /(message\.\w+) = \{\s*\$case: ("\w+"),\s*value: (\w+)\.decode\(reader, reader\.uint32\(\)\),?\s*\};/g,
      `$1 = {
              $$case: $2,
              value: $3.decode(reader, reader.uint32(), $1?.$$case === $2 ? $1.value : undefined),
            };`,
    );
}

/** Throws unless `mergeRepeatedMessages` reached every decoder and every singular message. */
function checkMerging(source: string, file: string, decoders: number): void {
  const merging = count(source, /const message = into \?\? createBase/g);
  const declared = count(source, /length\?: number, into\?: \w+\s*,?\s*\): \w+ \{/g);
  const single = source.replaceAll(/(?:push\(|const entry\d+ = )\s*\w+\.decode\(\s*reader/g, "");
  const unmerged = count(single, /\.decode\(\s*reader,\s*reader\.uint32\(\),?\s*\)/g);
  if (merging !== decoders || declared !== decoders || unmerged !== 0) {
    throw new Error(
      `${file}: a message that comes twice is not merged; adapt scripts/proto-harden.ts`,
    );
  }
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
  hardened = mergeRepeatedMessages(keepEmptyMapValues(hardened.replace(PACKED.from, PACKED.to)));
  hardened = useOwnReader(hardened, file);
  if (/Entry\(\): \w+ \{\n {2}return \{ key: [^,]+, value: undefined \}/.test(hardened)) {
    throw new Error(`${file}: a map entry without a value was left; adapt scripts/proto-harden.ts`);
  }
  checkMerging(hardened, file, decoders);
  if (decoders > 0 && !hardened.includes("WireReader as BinaryReader")) {
    throw new Error(`${file}: it reads with another reader; adapt scripts/proto-harden.ts`);
  }
  return hardened;
}
