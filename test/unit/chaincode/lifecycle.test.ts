import { beforeEach, describe, expect, test } from "vitest";
import {
  Lifecycle,
  PackageStore,
  packageIdOf,
  readDefinition,
  type ChaincodeRunner,
  type LifecycleChannel,
  type PackageArchive,
} from "../../../src/chaincode/index.ts";
import { utf8 } from "../../../src/kernel/bytes.ts";
import { nodeFiles } from "../../../src/kernel/adapters/node-files.ts";
import { silentLogger } from "../../../src/kernel/ports/logger.ts";
import { encodePolicyReference, parsePolicy } from "../../../src/policy/index.ts";
import {
  ApproveChaincodeDefinitionForMyOrgArgs,
  CheckCommitReadinessArgs,
  CheckCommitReadinessResult,
  CommitChaincodeDefinitionArgs,
  create,
  decode,
  encode,
  GetInstalledChaincodePackageArgs,
  GetInstalledChaincodePackageResult,
  InstallChaincodeArgs,
  InstallChaincodeResult,
  QueryApprovedChaincodeDefinitionArgs,
  QueryApprovedChaincodeDefinitionResult,
  QueryChaincodeDefinitionArgs,
  QueryChaincodeDefinitionResult,
  QueryChaincodeDefinitionsResult,
  QueryInstalledChaincodesResult,
  type CollectionConfigPackage,
  type Partially,
  type Response,
} from "../../../src/wire/index.ts";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { MemoryState, privateKey, publicKey } from "./memory-state.ts";

type Args = Partially<ApproveChaincodeDefinitionForMyOrgArgs>;

const BASIC: Args = { name: "basic", version: "1.0", sequence: 1 };
const PACKAGE = utf8("a package");

class World {
  readonly state = new MemoryState();
  readonly kept: string[][] = [];
  readonly refusals = new Map<string, string>();
  channel: LifecycleChannel | undefined = channelOf();
  readonly lifecycles = new Map<string, Lifecycle>();

  static async open(): Promise<World> {
    const world = new World();
    for (const mspId of ["Org1MSP", "Org2MSP"]) await world.#openLifecycle(mspId);
    return world;
  }

  async #openLifecycle(mspId: string): Promise<void> {
    const directory = await mkdtemp(join(tmpdir(), "heddle-lifecycle-"));
    onTestFinished(() => rm(directory, { recursive: true }));
    const archive: PackageArchive = {
      parse: (bytes) =>
        Promise.resolve({ metadata: { type: "node", path: "", label: "basic_1" }, code: bytes }),
      readCodeFile: () => Promise.resolve(undefined),
    };
    const runner: ChaincodeRunner = {
      unsupported: () => undefined,
      keep: (packageIds) => this.kept.push([...packageIds]),
    };
    const deps = { files: nodeFiles, archive, logger: silentLogger };
    const lifecycle = await Lifecycle.open(
      {
        packages: new PackageStore(deps, { directory }),
        access: { refusal: (resource) => Promise.resolve(this.refusals.get(resource)) },
        runner,
        channelOf: (channelId) => (channelId === "ch1" ? this.channel : undefined),
        logger: silentLogger,
      },
      { mspId },
    );
    this.lifecycles.set(mspId, lifecycle);
  }

  lifecycle(mspId = "Org1MSP"): Lifecycle {
    return this.lifecycles.get(mspId)!;
  }

  /** One call; its writes stay uncommitted until `commit`. */
  async invoke(
    functionName: string,
    argument: Uint8Array,
    mspId = "Org1MSP",
    channelId = "ch1",
  ): Promise<Response> {
    return this.lifecycle(mspId).invoke({
      channelId,
      txId: "tx",
      args: [utf8(functionName), argument],
      signedProposal: { proposalBytes: new Uint8Array(0), signature: new Uint8Array(0) },
      state: channelId === "" ? undefined : this.state,
    });
  }

  async approve(args: Args, mspId = "Org1MSP"): Promise<Response> {
    const message = create(ApproveChaincodeDefinitionForMyOrgArgs, args);
    const response = await this.invoke(
      "ApproveChaincodeDefinitionForMyOrg",
      encode(ApproveChaincodeDefinitionForMyOrgArgs, message),
      mspId,
    );
    this.#settle(response);
    return response;
  }

  async commit(args: Args): Promise<Response> {
    const message = create(CommitChaincodeDefinitionArgs, args);
    const argument = encode(CommitChaincodeDefinitionArgs, message);
    const response = await this.invoke("CommitChaincodeDefinition", argument);
    this.#settle(response);
    return response;
  }

  async readiness(args: Args): Promise<CheckCommitReadinessResult> {
    const message = create(CheckCommitReadinessArgs, args);
    const response = await this.invoke(
      "CheckCommitReadiness",
      encode(CheckCommitReadinessArgs, message),
    );
    expect(response.message).toBe("");
    return decode(CheckCommitReadinessResult, response.payload);
  }

  async install(): Promise<Response> {
    const argument = encode(InstallChaincodeArgs, { chaincodeInstallPackage: PACKAGE });
    return this.invoke("InstallChaincode", argument, "Org1MSP", "");
  }

  #settle(response: Response): void {
    if (response.status === 200) this.state.commit();
    else this.state.discard();
  }
}

function channelOf(fields: Partial<LifecycleChannel> = {}): LifecycleChannel {
  return {
    mspManager: { mspIds: ["Org1MSP", "Org2MSP"], identity: () => ({ ok: false }) },
    policy: (path) => (path === "/Channel/Application/Endorsement" ? {} : undefined),
    application: {
      organizations: [{ mspId: "Org1MSP" }, { mspId: "Org2MSP" }],
      capabilities: new Set(["V2_0"]),
    },
    ...fields,
  };
}

function collection(
  fields: object,
  policy = "OR('Org1MSP.member')",
): Partially<CollectionConfigPackage> {
  return {
    config: [
      {
        payload: {
          $case: "staticCollectionConfig",
          value: {
            name: "c",
            memberOrgsPolicy: { payload: { $case: "signaturePolicy", value: parsePolicy(policy) } },
            ...fields,
          },
        },
      },
    ],
  };
}

let world: World;

beforeEach(async () => {
  world = await World.open();
});

describe("approve", () => {
  test("keeps the definition and the package in the organisation's own collection", async () => {
    const packageId = packageIdOf("basic_1", PACKAGE);
    const source = { type: { $case: "localPackage", value: { packageId } } } as const;
    expect(await world.approve({ ...BASIC, source })).toMatchObject({ status: 200, message: "" });
    const keys = [...world.state.committed.keys()];
    const kept = [
      "chaincode-sources/fields/basic#1/PackageID",
      "chaincode-sources/metadata/basic#1",
      "namespaces/fields/basic#1/Collections",
      "namespaces/fields/basic#1/EndorsementInfo",
      "namespaces/fields/basic#1/ValidationInfo",
      "namespaces/metadata/basic#1",
    ].map((key) => privateKey("_lifecycle", "_implicit_org_Org1MSP", key));
    expect(keys.sort()).toEqual(kept);
  });

  test("keeps the very bytes that Fabric keeps", async () => {
    await world.approve(BASIC);
    const value = (key: string): string =>
      Buffer.from(
        world.state.committed.get(privateKey("_lifecycle", "_implicit_org_Org1MSP", key))!,
      ).toString("hex");
    const hex = (text: string): string => Buffer.from(text).toString("hex");
    expect(value("namespaces/fields/basic#1/EndorsementInfo")).toBe(
      `120b0a03${hex("1.0")}1a04${hex("escc")}`,
    );
    // A reference to the default policy in an ApplicationPolicy, itself a field of the info.
    expect(value("namespaces/fields/basic#1/ValidationInfo")).toBe(
      `122a0a04${hex("vscc")}12221220${hex("/Channel/Application/Endorsement")}`,
    );
    expect(value("namespaces/fields/basic#1/Collections")).toBe("1200");
    expect(value("chaincode-sources/fields/basic#1/PackageID")).toBe("1a00");
    expect(value("chaincode-sources/metadata/basic#1")).toBe(
      `0a15${hex("ChaincodeLocalPackage")}1209${hex("PackageID")}`,
    );
  });

  test("approving the next sequence again writes only what changed", async () => {
    await world.approve(BASIC);
    const source = { type: { $case: "localPackage", value: { packageId: "p" } } } as const;
    const argument = encode(
      ApproveChaincodeDefinitionForMyOrgArgs,
      create(ApproveChaincodeDefinitionForMyOrgArgs, { ...BASIC, source }),
    );
    await world.invoke("ApproveChaincodeDefinitionForMyOrg", argument);
    expect([...world.state.writes.keys()]).toEqual([
      privateKey(
        "_lifecycle",
        "_implicit_org_Org1MSP",
        "chaincode-sources/fields/basic#1/PackageID",
      ),
    ]);
  });

  test("approving the same again is refused, as it would write nothing", async () => {
    await world.approve(BASIC);
    expect((await world.approve(BASIC)).message).toBe(
      "failed to invoke backing implementation of 'ApproveChaincodeDefinitionForMyOrg': attempted to redefine uncommitted sequence (1) for namespace basic with unchanged content",
    );
  });

  test.each([
    [{ sequence: 0 }, "requested sequence is 0, but first definable sequence number is 1"],
    [{ sequence: 2 }, "requested sequence 2 is larger than the next available sequence number 1"],
    [{ sequence: -1 }, "currently defined sequence 0 is larger than requested sequence -1"],
    [
      { name: "b@d" },
      "error validating chaincode definition: invalid chaincode name 'b@d'. Names can only consist of alphanumerics, '_', and '-' and can only begin with alphanumerics",
    ],
    [
      { name: "qscc" },
      "error validating chaincode definition: chaincode name 'qscc' is the name of a system chaincode",
    ],
    [
      { version: "1 0" },
      "error validating chaincode definition: invalid chaincode version '1 0'. Versions can only consist of alphanumerics, '_', '-', '+', and '.'",
    ],
    [
      { collections: collection({ name: "_c" }) },
      "invalid collection name '_c'. Names can only consist of alphanumerics, '_', and '-' and cannot begin with '_'",
    ],
    [
      { collections: collection({ requiredPeerCount: 2, maximumPeerCount: 1 }) },
      "collection-name: c -- maximum peer count (1) cannot be less than the required peer count (2)",
    ],
    [
      { collections: collection({ requiredPeerCount: -1 }) },
      "collection-name: c -- requiredPeerCount (-1) cannot be less than zero",
    ],
    [
      { collections: collection({ memberOrgsPolicy: undefined }) },
      "collection member policy is not set for collection 'c'",
    ],
    [
      { collections: collection({}, "AND('Org1MSP.member','Org2MSP.member')") },
      "collection-name: c -- error in member org policy: signature policy is not an OR concatenation, NOutOf 2",
    ],
    [
      { collections: collection({}, "OR('Org9MSP.member')") },
      "collection-name: c -- collection member 'Org9MSP' is not part of the channel",
    ],
    [
      { collections: { config: [...collection({}).config!, ...collection({}).config!] } },
      "collection-name: c -- found duplicate in collection configuration",
    ],
    [{ collections: { config: [{}] } }, "collection configuration is empty"],
  ] as [Args, string][])("%j is refused: %s", async (fields, reason) => {
    const response = await world.approve({ ...BASIC, ...fields });
    expect(response.status).toBe(500);
    expect(response.message.endsWith(reason)).toBe(true);
    expect(world.state.committed.size).toBe(0);
  });

  test("without the channel's default policy a definition must name its own", async () => {
    world.channel = channelOf({ policy: () => undefined });
    expect((await world.approve(BASIC)).message).toContain(
      "policy '/Channel/Application/Endorsement' must be defined for channel 'ch1' before chaincode operations can be attempted",
    );
    const validationParameter = encodePolicyReference("/Channel/Application/Writers");
    expect(await world.approve({ ...BASIC, validationParameter })).toMatchObject({ status: 200 });
  });
});

describe("commit", () => {
  test("readiness tells who approved, and what differs", async () => {
    await world.approve(BASIC);
    await world.approve({ ...BASIC, version: "2.0" }, "Org2MSP");
    const { approvals, mismatches } = await world.readiness(BASIC);
    expect([...approvals]).toEqual([
      ["Org1MSP", true],
      ["Org2MSP", false],
    ]);
    expect([...mismatches]).toEqual([["Org2MSP", { items: ["EndorsementInfo"] }]]);
  });

  test("an organisation without an approval is told apart by the whole structure", async () => {
    const { approvals, mismatches } = await world.readiness(BASIC);
    expect([...approvals.values()]).toEqual([false, false]);
    expect(mismatches.get("Org1MSP")).toEqual({ items: ["ChaincodeParameters"] });
  });

  test("every organisation's approval is looked up in full: the reads are part of the endorsement", async () => {
    await world.readiness(BASIC);
    const hashed = [...world.state.reads].filter((key) => key.includes("|_implicit_org_"));
    expect(hashed.length).toBe(8);
  });

  test("a first definition is looked up in the lifecycle before this one too, an upgrade is not", async () => {
    const reads = async (args: Args): Promise<boolean> => {
      const message = create(ApproveChaincodeDefinitionForMyOrgArgs, args);
      const argument = encode(ApproveChaincodeDefinitionForMyOrgArgs, message);
      await world.invoke("ApproveChaincodeDefinitionForMyOrg", argument);
      world.state.discard();
      return world.state.reads.has(publicKey("lscc", "basic"));
    };
    expect(await reads(BASIC)).toBe(true);
    await world.approve(BASIC);
    await world.commit(BASIC);
    expect(await reads({ ...BASIC, sequence: 2 })).toBe(false);
  });

  test("needs the own organisation's approval", async () => {
    await world.approve(BASIC, "Org2MSP");
    expect((await world.commit(BASIC)).message).toBe(
      "failed to invoke backing implementation of 'CommitChaincodeDefinition': chaincode definition not agreed to by this org (Org1MSP)",
    );
  });

  test("makes the definition readable by all", async () => {
    await world.approve({ ...BASIC, collections: collection({ blockToLive: 3 }) });
    expect(
      await world.commit({ ...BASIC, collections: collection({ blockToLive: 3 }) }),
    ).toMatchObject({ status: 200 });
    expect(readDefinition(world.state, "basic")).toMatchObject({
      name: "basic",
      version: "1.0",
      sequence: 1,
      endorsementPlugin: "escc",
      validationPlugin: "vscc",
      initRequired: false,
    });
    const name = encode(QueryChaincodeDefinitionArgs, { name: "basic" });
    const queried = await world.invoke("QueryChaincodeDefinition", name);
    const result = decode(QueryChaincodeDefinitionResult, queried.payload);
    expect(result).toMatchObject({ sequence: 1, version: "1.0" });
    expect(result.collections?.config.length).toBe(1);
    expect(result.approvals.get("Org1MSP")).toBe(true);
    const all = await world.invoke("QueryChaincodeDefinitions", new Uint8Array(0));
    expect(decode(QueryChaincodeDefinitionsResult, all.payload).chaincodeDefinitions).toMatchObject(
      [{ name: "basic", sequence: 1 }],
    );
  });

  test("the sequence counts up by one, and a committed one cannot be approved differently", async () => {
    await world.approve(BASIC);
    await world.commit(BASIC);
    expect((await world.commit(BASIC)).message).toContain(
      "requested sequence is 1, but new definition must be sequence 2",
    );
    expect((await world.approve({ ...BASIC, version: "2.0" })).message).toContain(
      "attempted to redefine the current committed sequence (1) for namespace basic with different parameters: expected Version '1.0' does not match passed Version '2.0'",
    );
    expect((await world.approve(BASIC)).message).toContain(
      "attempted to redefine the current committed sequence (1) for namespace basic",
    );
    expect(await world.approve(BASIC, "Org2MSP")).toMatchObject({ status: 200 });
  });

  test("an upgrade writes only the fields that changed, and keeps its collections", async () => {
    const first = { ...BASIC, collections: collection({ blockToLive: 3 }) };
    await world.approve(first);
    await world.commit(first);
    const second = { ...first, sequence: 2, version: "2.0" };
    expect((await world.approve({ ...second, collections: undefined })).message).toMatch(
      /the proposed collection config does not contain previously defined collections$/,
    );
    expect(
      (await world.approve({ ...second, collections: collection({ name: "d" }) })).message,
    ).toMatch(/existing collection \[c\] missing in the proposed collection configuration$/);
    expect(
      (await world.approve({ ...second, collections: collection({ blockToLive: 4 }) })).message,
    ).toMatch(/the BlockToLive in an existing collection \[c\] modified. Existing value \[3\]$/);
    await world.approve(second);
    const message = create(CommitChaincodeDefinitionArgs, second);
    await world.invoke("CommitChaincodeDefinition", encode(CommitChaincodeDefinitionArgs, message));
    expect([...world.state.writes.keys()]).toEqual([
      publicKey("_lifecycle", "namespaces/fields/basic/Sequence"),
      publicKey("_lifecycle", "namespaces/fields/basic/EndorsementInfo"),
    ]);
  });
});

describe("calls", () => {
  test.each([
    [[], "lifecycle scc must be invoked with arguments"],
    [["F"], "lifecycle scc operations require exactly two arguments but received 1"],
    [["F", "", ""], "lifecycle scc operations require exactly two arguments but received 3"],
    [
      ["Nope", ""],
      "failed to invoke backing implementation of 'Nope': receiver *lifecycle.Invocation.Nope does not exist",
    ],
    [
      ["InstallChaincode", "\u0001"],
      /^failed to invoke backing implementation of 'InstallChaincode': could not decode input arg: /,
    ],
  ] as [string[], string | RegExp][])("%j: %s", async (args, expected) => {
    const signedProposal = { proposalBytes: new Uint8Array(0), signature: new Uint8Array(0) };
    const call = {
      channelId: "ch1",
      txId: "",
      args: args.map(utf8),
      signedProposal,
      state: world.state,
    };
    const { status, message } = await world.lifecycle().invoke(call);
    expect(status).toBe(500);
    expect(message).toMatch(expected);
  });

  test("who may not call is told so", async () => {
    world.refusals.set("_lifecycle/InstallChaincode", "not an admin");
    expect((await world.install()).message).toBe(
      "Failed to authorize invocation due to failed ACL check: not an admin",
    );
  });

  test("a channel without the capability and an unknown one are refused", async () => {
    expect(
      (await world.invoke("CommitChaincodeDefinition", new Uint8Array(0), "Org1MSP", "ch9"))
        .message,
    ).toBe("could not get channelconfig for channel 'ch9'");
    world.channel = channelOf({
      application: { organizations: [], capabilities: new Set(["V1_3"]) },
    });
    expect((await world.approve(BASIC)).message).toBe(
      "cannot use new lifecycle for channel 'ch1' as it does not have the required capabilities enabled",
    );
  });

  test("what is not there answers 404", async () => {
    const name = encode(QueryChaincodeDefinitionArgs, { name: "nothing" });
    expect(await world.invoke("QueryChaincodeDefinition", name)).toMatchObject({
      status: 404,
      message: "namespace nothing is not defined",
    });
    const packageId = encode(GetInstalledChaincodePackageArgs, { packageId: "../../etc/passwd" });
    expect(
      await world.invoke("GetInstalledChaincodePackage", packageId, "Org1MSP", ""),
    ).toMatchObject({
      status: 404,
      message: "chaincode install package '../../etc/passwd' not found",
    });
  });

  test("a package is installed once, listed and read back", async () => {
    const packageId = packageIdOf("basic_1", PACKAGE);
    const { payload } = await world.install();
    expect(decode(InstallChaincodeResult, payload)).toEqual({ packageId, label: "basic_1" });
    expect((await world.install()).message).toContain(
      `chaincode already successfully installed (package ID '${packageId}')`,
    );
    const listed = await world.invoke("QueryInstalledChaincodes", new Uint8Array(0), "Org1MSP", "");
    expect(
      decode(QueryInstalledChaincodesResult, listed.payload).installedChaincodes,
    ).toMatchObject([{ packageId, label: "basic_1" }]);
    const read = await world.invoke(
      "GetInstalledChaincodePackage",
      encode(GetInstalledChaincodePackageArgs, { packageId }),
      "Org1MSP",
      "",
    );
    expect(
      decode(GetInstalledChaincodePackageResult, read.payload).chaincodeInstallPackage,
    ).toEqual(PACKAGE);
  });

  test("an approval is read back with its source; sequence 0 means the newest", async () => {
    await world.approve(BASIC);
    const ask = (sequence: number): Promise<Response> =>
      world.invoke(
        "QueryApprovedChaincodeDefinition",
        encode(QueryApprovedChaincodeDefinitionArgs, { name: "basic", sequence }),
      );
    for (const sequence of [0, 1]) {
      const { payload } = await ask(sequence);
      expect(decode(QueryApprovedChaincodeDefinitionResult, payload)).toMatchObject({
        sequence: 1,
        version: "1.0",
        source: { type: { $case: "unavailable" } },
      });
    }
    expect((await ask(7)).message).toContain(
      "could not fetch approved chaincode definition (name: 'basic', sequence: '7') on channel 'ch1'",
    );
  });
});

describe("what can run", () => {
  const packageId = packageIdOf("basic_1", PACKAGE);
  const source = { type: { $case: "localPackage", value: { packageId } } } as const;

  test("needs a commit, the own approval and the package, in whatever order they come", async () => {
    const lifecycle = world.lifecycle();
    const reason = (): string => {
      const resolution = lifecycle.resolve("ch1", "basic", world.state);
      return resolution.ok ? resolution.packageId : resolution.reason;
    };
    expect(reason()).toBe("chaincode basic not found");
    await world.approve({ ...BASIC, source });
    await world.commit(BASIC);
    expect(reason()).toContain("changed during invoke");
    lifecycle.update("ch1", world.state);
    expect(reason()).toBe(
      "chaincode definition for 'basic' exists, but chaincode is not installed",
    );
    expect(lifecycle.runnableChaincodes("ch1")).toEqual([{ name: "_lifecycle", version: "1" }]);
    let changeCount = 0;
    lifecycle.subscribe(() => (changeCount += 1));
    await world.install();
    expect(changeCount).toBe(1);
    expect(reason()).toBe(packageId);
    expect(lifecycle.runnableChaincodes("ch1")).toEqual([
      { name: "basic", version: "1" },
      { name: "_lifecycle", version: "1" },
    ]);
    expect(world.kept.at(-1)).toEqual([packageId]);
  });

  test("an organisation that has not approved cannot run it", async () => {
    await world.approve({ ...BASIC, source });
    await world.commit(BASIC);
    const other = world.lifecycle("Org2MSP");
    other.update("ch1", world.state);
    expect(other.resolve("ch1", "basic", world.state)).toEqual({
      ok: false,
      reason:
        "chaincode definition for 'basic' at sequence 1 on channel 'ch1' has not yet been approved by this org",
    });
    expect(world.kept.at(-1)).toEqual([]);
  });

  test("a transaction's own state records that the sequence was read", () => {
    world.state.reads.clear();
    world.lifecycle().resolve("ch1", "basic", world.state);
    expect([...world.state.reads]).toEqual([
      publicKey("_lifecycle", "namespaces/fields/basic/Sequence"),
    ]);
  });

  test("an upgrade to another package stops the process of the old one", async () => {
    await world.install();
    await world.approve({ ...BASIC, source });
    await world.commit(BASIC);
    world.lifecycle().update("ch1", world.state);
    const next = { ...BASIC, sequence: 2, version: "2.0" };
    await world.approve({
      ...next,
      source: { type: { $case: "localPackage", value: { packageId: "x:1" } } },
    });
    await world.commit(next);
    world.lifecycle().update("ch1", world.state);
    expect(world.kept.at(-1)).toEqual([]);
  });
});
