/** What administrators install and contracts say. */
import { gunzipSync, gzipSync } from "node:zlib";
import {
  packageInProcess,
  packageService,
} from "../../../src/chaincode/adapters/package-folder.ts";
import { tarArchive } from "../../../src/chaincode/adapters/tar-archive.ts";
import { safeArchivePath } from "../../../src/chaincode/core/archive-path.ts";
import { staticCollections } from "../../../src/chaincode/core/collection-rules.ts";
import { parseConnection } from "../../../src/chaincode/core/connection.ts";
import {
  parseJsonObject,
  parsePackageMetadata,
} from "../../../src/chaincode/core/package-metadata.ts";
import { ShimSession } from "../../../src/chaincode/core/shim-session.ts";
import { dependenciesOf, startCommandOf } from "../../../src/chaincode/core/start-command.ts";
import type { ChaincodeRun } from "../../../src/chaincode/core/transaction.ts";
import { ChaincodeError } from "../../../src/chaincode/errors.ts";
import { readDefinition } from "../../../src/chaincode/index.ts";
import { utf8, utf8DecodeLeniently } from "../../../src/kernel/bytes.ts";
import { encodePolicyReference, parsePolicy } from "../../../src/policy/index.ts";
import {
  ChaincodeID,
  ChaincodeMessage,
  ChaincodeMessage_Type as Type,
  CollectionConfigPackage,
  GetState,
  GetStateByRange,
  PutState,
  QueryStateNext,
  WireError,
  create,
  encode,
  tryDecode,
  tryDecodeRequest,
} from "../../../src/wire/index.ts";
import { MemoryState } from "../../unit/chaincode/memory-state.ts";
import { SampleState } from "../../support/sample-state.ts";
import { mustHold, unlessRefused, unlessRejected, type Entry } from "../entry.ts";

const CHANNEL = "ch1";
const TX_ID = "tx1";
/** They are unzipped in another thread, twice each. */
const PACKAGE_SHARE = 0.03;

export async function chaincodeEntries(): Promise<readonly Entry[]> {
  return [
    ...(await chaincodePackages()),
    ...packageFiles(),
    collections(),
    definition(),
    shimMessages(),
    {
      name: "path in an archive",
      form: "text",
      samples: ["src/lib/contract.js", "./META-INF/statedb/index.json"].map(utf8),
      take: (input) => {
        const path = safeArchivePath(utf8DecodeLeniently(input));
        mustHold(path?.split("/").includes("..") !== true, "a path leads out");
        return path !== undefined;
      },
    },
  ];
}

/** As it comes, and what is in it: a changed archive hardly ever unzips. */
async function chaincodePackages(): Promise<readonly Entry[]> {
  const connection = { address: "127.0.0.1:9999", dial_timeout: "10s", tls_required: false };
  const samples = [await packageService(connection, "basic_1.0"), await packageInProcess("basic")];
  return [
    {
      name: "chaincode package",
      form: "bytes",
      samples,
      share: PACKAGE_SHARE,
      take: openPackage,
    },
    {
      name: "archive in a chaincode package",
      form: "bytes",
      samples: samples.map((bytes) => new Uint8Array(gunzipSync(bytes))),
      share: PACKAGE_SHARE,
      take: (input) => openPackage(gzipSync(input, { level: 1 })),
    },
  ];
}

function openPackage(input: Uint8Array): Promise<boolean> {
  return unlessRejected([ChaincodeError], async () => {
    const { code } = await tarArchive.parse(input);
    await tarArchive.readCodeFile(code, "connection.json");
  });
}

function packageFiles(): readonly Entry[] {
  const connection = {
    address: "127.0.0.1:9999",
    dial_timeout: "1m10s",
    tls_required: true,
    root_cert: "PEM",
    client_auth_required: true,
    client_cert: "PEM",
    client_key: "PEM",
  };
  const metadata = { type: "node", path: "", label: "basic_1.0" };
  const manifest = { scripts: { start: "node ./dist/index.js" }, dependencies: { a: "1.0.0" } };
  const samples = (...values: readonly object[]): readonly Uint8Array[] =>
    values.map((value) => utf8(JSON.stringify(value)));
  return [
    {
      name: "connection.json",
      form: "text",
      samples: samples(connection),
      take: (input) => unlessRefused([ChaincodeError], () => parseConnection(input)),
    },
    {
      name: "metadata.json",
      form: "text",
      samples: samples(metadata),
      take: (input) => unlessRefused([ChaincodeError], () => parsePackageMetadata(input)),
    },
    {
      name: "package.json",
      form: "text",
      samples: samples(manifest),
      take: (input) =>
        unlessRefused([ChaincodeError], () => {
          const fields = parseJsonObject(input, "package.json");
          startCommandOf(fields);
          dependenciesOf(fields);
        }),
    },
  ];
}

function collectionSample(): Uint8Array {
  return encode(
    CollectionConfigPackage,
    create(CollectionConfigPackage, {
      config: [
        {
          payload: {
            $case: "staticCollectionConfig",
            value: {
              name: "plain",
              memberOrgsPolicy: {
                payload: { $case: "signaturePolicy", value: parsePolicy("OR('Org1MSP.member')") },
              },
              requiredPeerCount: 1,
              maximumPeerCount: 2,
              blockToLive: 100,
              memberOnlyRead: true,
              endorsementPolicy: {
                type: { $case: "channelConfigPolicyReference", value: "Endorsement" },
              },
            },
          },
        },
      ],
    }),
  );
}

function collections(): Entry {
  return {
    name: "collections",
    form: "wire",
    samples: [collectionSample()],
    take: (input) => {
      const found = tryDecode(CollectionConfigPackage, input);
      return found !== undefined && unlessRefused([ChaincodeError], () => staticCollections(found));
    },
  };
}

/** As a block may have left it in the namespace of the lifecycle. */
function definition(): Entry {
  const fields = ["EndorsementInfo", "ValidationInfo", "Collections", "Sequence"];
  const model = new SampleState();
  model.define("cc", {
    collections: collectionSample(),
    validationParameter: encodePolicyReference("Endorsement"),
  });
  const keys = ["namespaces/metadata/cc", ...fields.map((name) => `namespaces/fields/cc/${name}`)];
  return {
    name: "definition of a chaincode",
    form: "wire",
    samples: keys.map((key) => model.getState("_lifecycle", key)!),
    take: (input) => {
      const outcomes = keys.map((key) =>
        unlessRefused([ChaincodeError, WireError], () => {
          const getState = (namespace: string, asked: string): Uint8Array | undefined =>
            asked === key ? input : model.getState(namespace, asked);
          readDefinition({ getState }, "cc");
        }),
      );
      return outcomes.includes(true);
    },
  };
}

/** What a contract's process says while it runs a transaction. */
function shimMessages(): Entry {
  const range = { startKey: "a", endKey: "z", collection: "", metadata: new Uint8Array(0) };
  const messages = [
    said(Type.GET_STATE, encode(GetState, { key: "a", collection: "" })),
    said(Type.GET_STATE, encode(GetState, { key: "a", collection: "open" })),
    said(Type.PUT_STATE, encode(PutState, { key: "a", value: utf8("1"), collection: "" })),
    said(Type.GET_STATE_BY_RANGE, encode(GetStateByRange, range)),
    said(Type.QUERY_STATE_NEXT, encode(QueryStateNext, { id: "1" })),
    said(Type.INVOKE_CHAINCODE, utf8("no spec")),
    said(Type.COMPLETED, utf8("response")),
    said(Type.ERROR, utf8("it failed")),
    encode(ChaincodeMessage, registration()),
  ];
  return {
    name: "message of a contract",
    form: "wire",
    samples: messages,
    take: (input) => {
      const message = tryDecodeRequest(ChaincodeMessage, input);
      if (message === undefined) return false;
      const fresh = new ShimSession({ registrationRefusal: () => undefined });
      return [fresh, runningSession()].some((session) => {
        session.step({ kind: "received", message });
        return session.takeEffects().every(({ kind }) => kind !== "end");
      });
    },
  };
}

function said(type: Type, payload: Uint8Array): Uint8Array {
  const fields = { type, payload, txid: TX_ID, channelId: CHANNEL };
  return encode(ChaincodeMessage, create(ChaincodeMessage, fields));
}

function registration(): ChaincodeMessage {
  const payload = encode(ChaincodeID, create(ChaincodeID, { name: "cc:1" }));
  return create(ChaincodeMessage, { type: Type.REGISTER, payload });
}

function runningSession(): ShimSession {
  const session = new ShimSession({ registrationRefusal: () => undefined });
  session.step({ kind: "received", message: registration() });
  const run: ChaincodeRun = {
    channelId: CHANNEL,
    txId: TX_ID,
    namespace: "cc",
    isInit: false,
    input: utf8("input"),
    signedProposal: undefined,
    state: new MemoryState(),
    collectionRefusal: (collection) => (collection === "open" ? undefined : "no access"),
  };
  session.step({ kind: "run", run });
  session.takeEffects();
  return session;
}
