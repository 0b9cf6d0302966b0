import { ScalarType } from "@bufbuild/protobuf";
import type { DescEnum, DescField, DescMessage, DescOneof } from "@bufbuild/protobuf";
import { FieldOptions_JSType } from "@bufbuild/protobuf/wkt";
import { fc } from "@fast-check/vitest";

const DEPTH_MAX = 3;
const ITEMS_MAX = 3;

/** `only`: the one field that is present, and not zero. */
export interface MessageValueOptions {
  readonly only?: DescField;
}

/** Values of the TypeScript type that `message` has in src/wire. Integers stay within 2^53, as the reference codec's do. */
export function messageValue(
  message: DescMessage,
  options: MessageValueOptions = {},
): fc.Arbitrary<Record<string, unknown>> {
  return valueOf(message, { only: options.only, depth: 0 });
}

interface Scope {
  readonly only: DescField | undefined;
  readonly depth: number;
}

function valueOf(message: DescMessage, scope: Scope): fc.Arbitrary<Record<string, unknown>> {
  const members = message.members.map((member) => [
    member.localName,
    member.kind === "oneof" ? oneofValue(member, scope) : fieldValue(member, scope),
  ]);
  return fc.record(Object.fromEntries(members) as Record<string, fc.Arbitrary<unknown>>);
}

function oneofValue(oneof: DescOneof, scope: Scope): fc.Arbitrary<unknown> {
  const { only } = scope;
  const choices = oneof.fields
    .filter((field) => only === undefined || field === only)
    .filter((field) => field.message === undefined || scope.depth < DEPTH_MAX)
    .map((field) =>
      fc.record({ $case: fc.constant(field.localName), value: oneValue(field, scope) }),
    );
  return only === undefined || choices.length === 0
    ? fc.oneof(fc.constant(undefined), ...choices)
    : fc.oneof(...choices);
}

function fieldValue(field: DescField, scope: Scope): fc.Arbitrary<unknown> {
  const { only, depth } = scope;
  const isShallow = depth < DEPTH_MAX;
  const isAbsent =
    (only !== undefined && field !== only) || (field.message !== undefined && !isShallow);
  const minLength = field === only ? 1 : 0;
  const maxLength = isAbsent ? 0 : ITEMS_MAX;
  switch (field.fieldKind) {
    case "list":
      return fc.array(oneValue(field, scope), { minLength: isAbsent ? 0 : minLength, maxLength });
    case "map":
      return fc
        .uniqueArray(fc.tuple(scalarValue(field, field.mapKey, true), oneValue(field, scope)), {
          minLength: isAbsent ? 0 : minLength,
          maxLength,
          selector: ([key]) => key,
        })
        .map((entries) => new Map(entries));
    case "message":
      if (isAbsent) return fc.constant(undefined);
      return field === only
        ? oneValue(field, scope)
        : fc.option(oneValue(field, scope), { nil: undefined });
    case "enum":
      return isAbsent ? fc.constant(0) : enumValue(field.enum, field === only);
    case "scalar":
      return isAbsent
        ? fc.constant(zeroOf(field, field.scalar))
        : scalarValue(field, field.scalar, field === only);
  }
}

/** One value of a field: an item of a list, the value of a map entry. */
function oneValue(field: DescField, { only, depth }: Scope): fc.Arbitrary<unknown> {
  // Past the last level only the arrays and maps that stay empty ask.
  if (field.message !== undefined) {
    return depth >= DEPTH_MAX
      ? fc.constant(undefined)
      : valueOf(field.message, { only: undefined, depth: depth + 1 });
  }
  if (field.enum !== undefined) return enumValue(field.enum, field === only);
  return scalarValue(field, field.scalar, field === only);
}

function enumValue(type: DescEnum, isNonZero: boolean): fc.Arbitrary<number> {
  const numbers = type.values.map((value) => value.number);
  // Enumerations are open: a number without a name serves where zero is the only named one.
  return fc.constantFrom(...numbers, 1).filter((value) => value !== 0 || !isNonZero);
}

function isText(field: DescField): boolean {
  return field.proto.options?.jstype === FieldOptions_JSType.JS_STRING;
}

interface ScalarKind {
  readonly zero: unknown;
  /** Values of the type, zero left out where `least` is 1. */
  values(least: 0 | 1): fc.Arbitrary<unknown>;
}

// The scalar types that the schemas use.
const SCALARS = new Map<ScalarType, ScalarKind>([
  [
    ScalarType.STRING,
    {
      zero: "",
      values: (least) => fc.string({ unit: "grapheme", minLength: least, maxLength: 8 }),
    },
  ],
  [
    ScalarType.BYTES,
    {
      zero: new Uint8Array(0),
      values: (least) => fc.uint8Array({ minLength: least, maxLength: 40 }),
    },
  ],
  [
    ScalarType.BOOL,
    { zero: false, values: (least) => fc.boolean().map((value) => value || least === 1) },
  ],
  [ScalarType.UINT32, { zero: 0, values: (least) => fc.integer({ min: least, max: 0xffffffff }) }],
  [
    ScalarType.INT32,
    { zero: 0, values: (least) => fc.integer().filter((value) => value !== 0 || least === 0) },
  ],
  [
    ScalarType.INT64,
    {
      zero: 0,
      values: (least) => fc.maxSafeInteger().filter((value) => value !== 0 || least === 0),
    },
  ],
  [
    ScalarType.UINT64,
    { zero: 0, values: (least) => fc.maxSafeNat().filter((value) => value >= least) },
  ],
]);

function kindOf(type: ScalarType): ScalarKind {
  const kind = SCALARS.get(type);
  if (kind === undefined) throw new Error(`no values for scalar type ${type}: add them here`);
  return kind;
}

function scalarValue(
  field: DescField,
  type: ScalarType,
  isNonZero: boolean,
): fc.Arbitrary<unknown> {
  const values = kindOf(type).values(isNonZero ? 1 : 0);
  return isText(field) ? values.map(String) : values;
}

function zeroOf(field: DescField, type: ScalarType): unknown {
  const { zero } = kindOf(type);
  return isText(field) ? String(zero) : zero;
}
