/** What operators write: configurations, and requests to a node's own endpoints. */
import {
  ChannelConfig,
  ChannelError,
  applyConfigUpdate,
  parseDuration,
  readConfigUpdate,
} from "../../../src/channel/index.ts";
import { parseFaults } from "../../../src/faults/adapters/parse-faults.ts";
import { NO_FAULTS } from "../../../src/faults/index.ts";
import { utf8, utf8DecodeLeniently } from "../../../src/kernel/bytes.ts";
import { parseLogSpec } from "../../../src/ops/index.ts";
import { MspCache } from "../../../src/msp/index.ts";
import { Block, Config, Envelope, encode, tryDecode } from "../../../src/wire/index.ts";
import { CHANNEL_ID } from "../../support/sample-channel.ts";
import { setBatchSize, updateEnvelope, updateOf } from "../../support/sample-updates.ts";
import { mustHold, unlessRefused, type Entry } from "../entry.ts";
import type { FuzzedChannel } from "./fuzzed-channel.ts";

export async function operatorEntries(channel: FuzzedChannel): Promise<readonly Entry[]> {
  return [
    configuration(channel),
    await configurationUpdate(channel),
    {
      name: "faults",
      form: "text",
      samples: [utf8(JSON.stringify({ ...NO_FAULTS, reset: ["peer0"] }))],
      take: (input) => parseFaults(utf8DecodeLeniently(input)).ok,
    },
    {
      name: "levels of the log",
      form: "text",
      samples: ["info", "gossip,ledger.commit=debug:warn"].map(utf8),
      take: (input) => parseLogSpec(utf8DecodeLeniently(input)).ok,
    },
    {
      name: "duration",
      form: "text",
      samples: ["1m30s", "500ms", "2h45m0.5s"].map(utf8),
      take: (input) => parseDuration(utf8DecodeLeniently(input)) !== undefined,
    },
  ];
}

/** As the newest of the channel, and in a block. */
function configuration({ genesis, config }: FuzzedChannel): Entry {
  const msps = new MspCache();
  return {
    name: "configuration of a channel",
    form: "wire",
    samples: [encode(Config, config.config), encode(Block, genesis)],
    share: 0.2,
    take: (input) => {
      const asConfig = tryDecode(Config, input);
      const asBlock = tryDecode(Block, input);
      const isConfig =
        asConfig !== undefined &&
        unlessRefused([ChannelError], () => ChannelConfig.parse(CHANNEL_ID, asConfig, msps));
      const isBlock =
        asBlock !== undefined &&
        unlessRefused([ChannelError], () => ChannelConfig.fromBlock(asBlock, msps));
      return isConfig || isBlock;
    },
  };
}

/** By whoever may sign anything. */
async function configurationUpdate({
  config,
  ordererOrg,
  gullible,
}: FuzzedChannel): Promise<Entry> {
  const update = updateOf(config, (root) => {
    setBatchSize(root, 7);
  });
  const admin = gullible.mspManager.identity(ordererOrg.admin.identity);
  if (!admin.ok) throw new Error(admin.reason);
  return {
    name: "update of a configuration",
    form: "wire",
    samples: [encode(Envelope, await updateEnvelope(update, [ordererOrg.admin]))],
    share: 0.3,
    take: (input) => {
      const envelope = tryDecode(Envelope, input);
      const reading = envelope && readConfigUpdate(envelope);
      if (reading?.ok !== true) return false;
      const outcome = applyConfigUpdate(gullible, reading.request, [admin.identity]);
      mustHold(
        !outcome.ok || outcome.envelope.config?.sequence === gullible.sequence + 1,
        "a configuration is not the next one",
      );
      return outcome.ok;
    },
  };
}
