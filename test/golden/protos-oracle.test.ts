import { readFileSync } from "node:fs";
import { fromBinary, createFileRegistry } from "@bufbuild/protobuf";
import type { DescField, DescMessage } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { fc } from "@fast-check/vitest";
import reference from "@hyperledger/fabric-protos";
import { describe, expect, test } from "vitest";
import { messageValue } from "./message-values.ts";
import * as wire from "../../src/wire/index.ts";
import { decode, encode, type MessageType } from "../../src/wire/index.ts";

/** A message class of google-protobuf, as protoc-gen-js writes them. */
interface ReferenceClass {
  new (): ReferenceMessage;
  deserializeBinary(bytes: Uint8Array): ReferenceMessage;
  readonly [nested: string]: unknown;
}
interface ReferenceMessage {
  serializeBinary(): Uint8Array;
  toObject(): Record<string, unknown>;
}
type Scope = Readonly<Record<string, unknown>>;

const RUNS = 25;
const registry = createFileRegistry(
  fromBinary(
    FileDescriptorSetSchema,
    readFileSync(new URL("../fixtures/descriptors.binpb", import.meta.url)),
  ),
);

// The folders of the reference package, by protobuf package. MSPPrincipal and its kin are in package common.
const SCOPES: Readonly<Record<string, readonly Scope[]>> = {
  common: [reference.common, reference.msp],
  discovery: [reference.discovery],
  etcdraft: [reference.orderer.etcdraft],
  gateway: [reference.gateway],
  "google.rpc": [reference.google.rpc],
  gossip: [reference.gossip],
  kvrwset: [reference.ledger.rwset.kvrwset],
  lifecycle: [reference.peer.lifecycle],
  msp: [reference.msp],
  orderer: [reference.orderer],
  protos: [reference.peer],
  queryresult: [reference.ledger.queryresult],
  rwset: [reference.ledger.rwset],
  transientstore: [reference.transientstore],
};

function isReferenceClass(value: unknown): value is ReferenceClass {
  return typeof value === "function" && "deserializeBinary" in value;
}

function referenceOf(message: DescMessage): ReferenceClass | undefined {
  const packageName = message.file.proto.package;
  const path = message.typeName.slice(packageName.length + 1).split(".");
  for (const scope of SCOPES[packageName] ?? []) {
    let found: unknown = scope;
    for (const name of path) found = (found as Scope | undefined)?.[name];
    if (isReferenceClass(found)) return found;
  }
  return undefined;
}

const ours = new Map<string, MessageType<unknown>>();
for (const exported of Object.values(wire)) {
  if (typeof exported === "object" && "$type" in exported) {
    ours.set(exported.$type, exported);
  }
}

const described = [...registry]
  .filter((entry) => entry.kind === "message")
  .filter((message) => !message.proto.options?.mapEntry);
const compared = described.flatMap((message) => {
  const theirs = referenceOf(message);
  const type = ours.get(message.typeName);
  return theirs && type ? [{ name: message.typeName, message, theirs, type }] : [];
});

function withoutMarks(name: string): string {
  return name.replaceAll("_", "").toLowerCase();
}

/** The name under which the reference's plain objects hold a field: lists and maps are marked. */
function plainName(field: DescField): string {
  const mark = field.fieldKind === "list" ? "list" : field.fieldKind === "map" ? "map" : "";
  return withoutMarks(field.name) + mark;
}

/** The reference's names of the fields in which a message differs from an empty one. */
function fieldsSet(theirs: ReferenceClass, bytes: Uint8Array): readonly string[] {
  const empty = new theirs().toObject();
  return Object.entries(theirs.deserializeBinary(bytes).toObject())
    .filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(empty[name]))
    .map(([name]) => withoutMarks(name));
}

/** A message in which `field` alone is not zero. */
function alone(field: DescField): fc.Arbitrary<unknown> {
  return messageValue(field.parent, { only: field });
}

describe.each(compared)("$name", ({ message, theirs, type }) => {
  test("has every field of the reference and no other", () => {
    const names = Object.keys(new theirs().toObject()).map(withoutMarks);
    expect(message.fields.map(plainName).sort()).toEqual(names.sort());
  });

  test("has each field under the reference's number and kind", () => {
    for (const field of message.fields) {
      const [value] = fc.sample(alone(field), { numRuns: 1, seed: field.number });
      expect(fieldsSet(theirs, encode(type, value))).toEqual([plainName(field)]);
    }
  });

  test("survives the reference codec, from either side", () => {
    fc.assert(
      fc.property(messageValue(message), (value) => {
        const sent = encode(type, value);
        const returned = theirs.deserializeBinary(sent).serializeBinary();
        expect(decode(type, returned)).toEqual(value);
        const resent = encode(type, decode(type, returned));
        expect(theirs.deserializeBinary(resent).toObject()).toEqual(
          theirs.deserializeBinary(sent).toObject(),
        );
      }),
      { numRuns: RUNS },
    );
  });
});

/** Names of all message classes below `scope`. */
function classesIn(scope: Scope, prefix: string): readonly string[] {
  return Object.entries(scope)
    .filter(([, value]) => isReferenceClass(value))
    .flatMap(([name, value]) => [
      `${prefix}${name}`,
      ...classesIn(value as Scope, `${prefix}${name}.`),
    ]);
}

test("every described message has a codec in the index", () => {
  const missing = described.map((message) => message.typeName).filter((name) => !ours.has(name));
  expect(missing).toEqual([]);
});

test("only messages from outside Fabric's published schemas go without a reference", () => {
  const names = new Set(compared.map(({ name }) => name));
  const packages = described
    .filter((message) => !names.has(message.typeName))
    .map((message) => message.file.proto.package);
  expect([...new Set(packages)].sort()).toEqual([
    "google.protobuf",
    "grpc.health.v1",
    "raftpb",
    "txmgr",
  ]);
});

test("only retired and BFT-only messages of the reference are left out", () => {
  const scopes: readonly (readonly [string, Scope])[] = [
    ...Object.entries(SCOPES).map(([name, [scope = {}]]) => [name, scope] as const),
    ["orderer.smartbft", reference.orderer.smartbft],
  ];
  const leftOut = scopes
    .flatMap(([packageName, scope]) => classesIn(scope, `${packageName}.`))
    // The reference's msp folder re-exports package common.
    .filter((name) => !ours.has(name) && !ours.has(name.replace(/^msp\./, "common.")))
    .map((name) => name.replace(/^msp\./, "common."));
  expect([...new Set(leftOut)].sort()).toEqual([
    "common.ApplicationPolicy",
    "common.CollectionConfig",
    "common.CollectionConfigPackage",
    "common.CollectionPolicyConfig",
    "common.StaticCollectionConfig",
    "orderer.smartbft.Options",
    "protos.SignedChaincodeDeploymentSpec",
  ]);
});
