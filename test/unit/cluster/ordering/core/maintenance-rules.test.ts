import { beforeAll, describe, expect, test } from "vitest";
import type { ChannelConfig } from "../../../../../src/channel/index.ts";
import {
  Config,
  ConsensusType,
  decode,
  encode,
  type ConfigGroup,
} from "../../../../../src/wire/index.ts";
import {
  maintenanceFault,
  type MaintenanceView,
} from "../../../../../cluster/ordering/core/maintenance-rules.ts";
import { sampleChannel } from "../../../../support/sample-channel.ts";
import { changedGroup, setBatchSize, updateOf } from "../../../../support/sample-updates.ts";

const NORMAL = 0;
const MAINTENANCE = 1;

let normal: ChannelConfig;

beforeAll(async () => {
  normal = (await sampleChannel()).config;
});

function setConsensus(
  root: ConfigGroup,
  change: { readonly type?: string; readonly state?: number; readonly metadata?: Uint8Array },
): void {
  const { values } = root.groups.get("Orderer")!;
  const value = values.get("ConsensusType")!;
  const before = decode(ConsensusType, value.value);
  values.set("ConsensusType", {
    ...value,
    value: encode(ConsensusType, { ...before, ...change } as ConsensusType),
  });
}

/** Why `current`, changed so, is refused. */
function faultOf(
  current: ChannelConfig,
  change: (root: ConfigGroup) => void,
  next: Partial<MaintenanceView["orderer"]> = {},
): string | undefined {
  const update = updateOf(current, change);
  const channelGroup = changedGroup(current, change);
  const config = decode(Config, encode(Config, { ...current.config, channelGroup }));
  return maintenanceFault(current, { config, orderer: { ...current.orderer, ...next } }, update);
}

function inMaintenance(): ChannelConfig {
  const orderer = { ...normal.orderer, state: "maintenance" };
  return {
    channelId: normal.channelId,
    config: normal.config,
    orderer,
  } as unknown as ChannelConfig;
}

describe("maintenance", () => {
  test("is begun and ended by a change of the state alone", () => {
    const begin = (root: ConfigGroup): void => {
      setConsensus(root, { state: MAINTENANCE });
    };
    expect(faultOf(normal, begin, { state: "maintenance" })).toBeUndefined();
    const end = (root: ConfigGroup): void => {
      // The tree of this view says normal: any other value makes an update of it.
      setConsensus(root, { state: NORMAL, type: "" });
    };
    expect(faultOf(inMaintenance(), end, { state: "normal" })).toBeUndefined();
  });

  test("is not begun together with anything else of the orderers or the channel", () => {
    const state = "maintenance" as const;
    const withBatch = faultOf(
      normal,
      (root) => {
        setConsensus(root, { state: MAINTENANCE });
        setBatchSize(root, 3);
      },
      { state },
    );
    expect(withBatch).toBe(
      "config update contain more then just the ConsensusType value in the Orderer group",
    );
    const withoutState = faultOf(
      normal,
      (root) => {
        setBatchSize(root, 3);
      },
      { state },
    );
    expect(withoutState).toBe("config update does not contain the ConsensusType value");
    const withMetadata = faultOf(
      normal,
      (root) => {
        setConsensus(root, { state: MAINTENANCE, metadata: new Uint8Array([1]) });
      },
      { state },
    );
    expect(withMetadata).toContain("attempted to change ConsensusType.Metadata, but");
    const withType = faultOf(
      normal,
      (root) => {
        setConsensus(root, { state: MAINTENANCE, type: "solo" });
      },
      { state, consensusType: "solo" },
    );
    expect(withType).toContain("attempted to change ConsensusType.Type from etcdraft to solo, but");
  });

  test("must be on for the type to change, and there is no other type to change to", () => {
    const solo = (root: ConfigGroup): void => {
      setConsensus(root, { type: "solo" });
    };
    expect(faultOf(normal, solo, { consensusType: "solo" })).toBe(
      "attempted to change consensus type from etcdraft to solo, but current config ConsensusType.State is not in maintenance mode",
    );
    expect(faultOf(inMaintenance(), solo, { consensusType: "solo" })).toContain(
      "transition not supported",
    );
  });

  test("needs the capability", () => {
    const old = { ...normal.orderer, capabilities: new Set<string>() };
    const { channelId, config } = normal;
    const current = { channelId, config, orderer: old } as unknown as ChannelConfig;
    const begin = (root: ConfigGroup): void => {
      setConsensus(root, { state: MAINTENANCE });
    };
    expect(faultOf(current, begin, { state: "maintenance" })).toContain("capability is disabled");
  });

  test("has no say in other changes", () => {
    expect(
      faultOf(normal, (root) => {
        setBatchSize(root, 3);
      }),
    ).toBeUndefined();
  });
});
