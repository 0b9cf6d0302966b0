/** Bytes that are no message, or hardly one. */
import { fc } from "@fast-check/vitest";
import { concatBytes, EMPTY_BYTES } from "../../../src/kernel/bytes.ts";

export type NamedBytes = readonly [name: string, bytes: Uint8Array];

const LARGE_BYTES = 5_000_000;
const NESTING = 1_000_000;
const FIELDS = 12;

/** What needs no knowledge of a method. */
export function blindBytes(seed: number): readonly NamedBytes[] {
  return [
    ["nothing", EMPTY_BYTES],
    ...sample("random bytes", seed, fc.uint8Array({ minLength: 1, maxLength: 400 }), 10),
    ...sample("random text", seed, fc.string({ unit: "binary" }).map(toUtf8), 4),
    ...announced(),
    ["a million groups, one in the other", new Uint8Array(NESTING).fill(0x0b)],
    ["a group that never ends", bytesOf(0x0b, 0x08, 0x01)],
    ["the end of a group that never began", bytesOf(0x0c)],
    ["messages in messages", nested(200)],
    ...Array.from({ length: 8 }, (_, wireType): NamedBytes => [
      `every field of wire type ${wireType}`,
      fieldsOfType(wireType),
    ]),
    ["field number zero", bytesOf(0x00, 0x01)],
    ["a number of eleven bytes", bytesOf(0x08, ...Array.from({ length: 11 }, () => 0xff))],
    ["text that is not UTF-8", bytesOf(0x0a, 0x02, 0xc3, 0x28, 0x12, 0x02, 0xc3, 0x28)],
  ];
}

/** Five megabytes of what costs most for its size. */
export function largeBytes(seed: number): readonly NamedBytes[] {
  const [random] = fc.sample(fc.uint8Array({ minLength: 65_536, maxLength: 65_536 }), {
    seed,
    numRuns: 1,
  });
  return [
    ["5 MB of random bytes", repeated(random!)],
    ["5 MB in an unknown field", lengthDelimited(31, new Uint8Array(LARGE_BYTES))],
    ["5 MB in the first field", lengthDelimited(1, repeated(random!))],
    ...[1, 2, 3].map((field): NamedBytes => [
      `5 MB of field ${field}, empty each time`,
      emptyFields(field, LARGE_BYTES),
    ]),
  ];
}

/** `length` bytes (even) of one field that comes over and over with nothing in it: what costs most to decode for its size. */
function emptyFields(field: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += 2) bytes[at] = (field << 3) | 2;
  return bytes;
}

/** What becomes of a valid message on a bad line, or in bad hands. */
export function spoilt(message: Uint8Array, seed: number): readonly NamedBytes[] {
  const cuts = fc.sample(fc.integer({ min: 0, max: Math.max(message.length - 1, 0) }), {
    seed,
    numRuns: 8,
  });
  const changes = fc.array(
    fc.record({
      at: fc.nat({ max: Math.max(message.length - 1, 0) }),
      to: fc.integer({ min: 0, max: 255 }),
    }),
    { minLength: 1, maxLength: 4 },
  );
  const mutations = fc.sample(changes, { seed, numRuns: 16 });
  return [
    ...cuts.map((length): NamedBytes => [`cut to ${length}`, message.slice(0, length)]),
    ...mutations.map((list): NamedBytes => {
      const bytes = message.slice();
      for (const { at, to } of list) if (at < bytes.length) bytes[at] = to;
      return [`changed: ${JSON.stringify(list)}`, bytes];
    }),
    ["twice in a row", concatBytes(message, message)],
  ];
}

/** Few, for places that are costly to reach. */
export function insideBytes(seed: number): readonly Uint8Array[] {
  return [
    EMPTY_BYTES,
    ...fc.sample(fc.uint8Array({ minLength: 1, maxLength: 200 }), { seed, numRuns: 3 }),
    fieldsOfType(2),
    new Uint8Array(100_000).fill(0x0b),
  ];
}

function sample(
  name: string,
  seed: number,
  arbitrary: fc.Arbitrary<Uint8Array>,
  numRuns: number,
): readonly NamedBytes[] {
  return fc
    .sample(arbitrary, { seed, numRuns })
    .map((bytes, index): NamedBytes => [`${name}, number ${index}`, bytes]);
}

/** Fields that announce more than there is. */
function announced(): readonly NamedBytes[] {
  const lengths: readonly (readonly [string, readonly number[]])[] = [
    ["2^31-1", [0xff, 0xff, 0xff, 0xff, 0x07]],
    ["2^32-1", [0xff, 0xff, 0xff, 0xff, 0x0f]],
    ["2^63-1", [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]],
    ["-1", [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]],
  ];
  return lengths.flatMap(([name, length]) =>
    [0x0a, 0x12, 0x1a, 0xfa].map((tag): NamedBytes => [
      `tag ${tag} that announces ${name} bytes`,
      tag === 0xfa ? bytesOf(tag, 0x01, ...length) : bytesOf(tag, ...length),
    ]),
  );
}

function fieldsOfType(wireType: number): Uint8Array {
  const fields = Array.from({ length: FIELDS }, (_, index) =>
    bytesOf(
      ((index + 1) << 3) | wireType,
      ...Array.from({ length: wireType === 1 ? 8 : 4 }, () => 1),
    ),
  );
  return concatBytes(...fields);
}

function nested(depth: number): Uint8Array {
  let bytes: Uint8Array = EMPTY_BYTES;
  for (let level = 0; level < depth; level += 1) bytes = lengthDelimited((level % 3) + 1, bytes);
  return bytes;
}

function lengthDelimited(field: number, content: Uint8Array): Uint8Array {
  const tag = (field << 3) | 2;
  return concatBytes(varint(tag), varint(content.length), content);
}

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 0x7f; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  return bytesOf(...bytes, rest);
}

function repeated(block: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(LARGE_BYTES);
  for (let at = 0; at + block.length <= bytes.length; at += block.length) bytes.set(block, at);
  return bytes;
}

function toUtf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function bytesOf(...values: readonly number[]): Uint8Array {
  return new Uint8Array(values);
}
