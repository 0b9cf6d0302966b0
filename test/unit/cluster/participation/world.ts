/** One orderer's registrar on a simulated disk, with orderers that serve a chain from memory. */
import { ChannelRegistrar } from "../../../../cluster/participation/index.ts";
import { ClusterService } from "../../../../cluster/replica/index.ts";
import { buildGenesisBlock, configOfBlock } from "../../../../src/channel/index.ts";
import { silentLogger } from "../../../../src/kernel/ports/logger.ts";
import { silentMeter } from "../../../../src/kernel/ports/meter.ts";
import { SeededRandom } from "../../../../src/kernel/seeded-random.ts";
import {
  ConfigEnvelope,
  HeaderType,
  encode,
  type Block,
  type Config,
} from "../../../../src/wire/index.ts";
import { SimulatedFiles } from "../../../../src/sim/ports/simulated-files.ts";
import { SimulatedTime } from "../../../../src/sim/ports/simulated-time.ts";
import { DeliverDialer, serving } from "../../../support/deliver-dialer.ts";
import { blockAfter, signedBlock } from "../../../support/sample-blocks.ts";
import { sampleChannel, type SampleChannel } from "../../../support/sample-channel.ts";
import { sampleEnvelope, sampleTransaction } from "../../../support/sample-transactions.ts";

export const DATA = "/data";
/** The orderers that the sample channel's configuration names. */
export const ADDRESSES = ["orderer1.example.com:7050", "orderer2.example.com:7050"] as const;
/** Place of the config block in `chainOf`. */
export const CONFIG_BLOCK = 3;

/** Six blocks; from `CONFIG_BLOCK` on they hold `configs`, or the first configuration once more, with the next sequences. */
export async function chainOf(
  sample: SampleChannel,
  ...configs: readonly Config[]
): Promise<readonly Block[]> {
  const changes = configs.length === 0 ? [configOfBlock(sample.genesis)] : configs;
  const blocks = [sample.genesis];
  for (let number = 1; number <= 5; number += 1) {
    const lastConfig =
      number < CONFIG_BLOCK ? 0 : Math.min(number, CONFIG_BLOCK + changes.length - 1);
    const config = changes[number - CONFIG_BLOCK];
    const data =
      config !== undefined
        ? await configTransaction(sample, { ...config, sequence: number - CONFIG_BLOCK + 1 })
        : await sampleTransaction({
            creator: sample.org1.client,
            endorsers: [],
            nonce: String(number),
          });
    const block = blockAfter(blocks.at(-1)!, [data]);
    blocks.push(await signedBlock(block, sample.ordererOrg.orderer, lastConfig));
  }
  return blocks;
}

/** The sample channel's configuration with one consenter, who has this certificate. */
export function configWithConsenter(sample: SampleChannel, certificatePem: Uint8Array): Config {
  const consenter = {
    host: "orderer9.example.com",
    port: 7050,
    clientTlsCertPem: certificatePem,
    serverTlsCertPem: certificatePem,
  };
  return configOfBlock(buildGenesisBlock({ ...sample.profile, consenters: [consenter] }));
}

function configTransaction(sample: SampleChannel, config: Config): Promise<Uint8Array> {
  return sampleEnvelope(
    {
      creator: sample.ordererOrg.orderer,
      nonce: "config",
      channelHeader: (header) => ({ ...header, type: HeaderType.CONFIG }),
    },
    encode(ConfigEnvelope, { config, lastUpdate: undefined }),
  );
}

export class RegistrarWorld {
  readonly files: SimulatedFiles;
  readonly dialer: DeliverDialer = new DeliverDialer();
  readonly time: SimulatedTime = new SimulatedTime();
  readonly sample: SampleChannel;
  readonly #random: SeededRandom;
  readonly #serverTlsCert: Uint8Array;

  private constructor(sample: SampleChannel, serverTlsCert: Uint8Array, seed: number) {
    this.sample = sample;
    this.#serverTlsCert = serverTlsCert;
    this.#random = new SeededRandom(seed);
    this.files = new SimulatedFiles({ random: this.#random.child("disk") });
  }

  /** `isConsenter`: whether the channel's configuration names this node. */
  static make(
    sample: SampleChannel,
    stranger: Uint8Array,
    options: { readonly isConsenter: boolean; readonly seed: number },
  ): RegistrarWorld {
    const [consenter] = sample.config.orderer.consenters;
    const own = options.isConsenter ? consenter!.serverTlsCertPem : stranger;
    return new RegistrarWorld(sample, own, options.seed);
  }

  serve(chain: readonly Block[]): void {
    for (const address of ADDRESSES) this.dialer.scripts.set(address, serving(chain));
  }

  open(
    options: { readonly genesisBlocks?: readonly Block[]; readonly channelsMax?: number } = {},
  ): Promise<ChannelRegistrar> {
    return ChannelRegistrar.open(
      {
        files: this.files,
        clock: this.time,
        timers: this.time,
        random: this.#random,
        logger: silentLogger,
        meter: silentMeter,
        signer: this.sample.org1.peer,
        dialer: this.dialer,
        cluster: new ClusterService({ logger: silentLogger, meter: silentMeter }),
      },
      {
        dataDirectory: DATA,
        serverTlsCert: this.#serverTlsCert,
        genesisBlocks: options.genesisBlocks ?? [],
        ...(options.channelsMax === undefined ? {} : { channelsMax: options.channelsMax }),
      },
    );
  }

  /** Lets simulated time pass until `isDone`; signatures take the machine's threads as long as they take. */
  async until(isDone: () => boolean): Promise<void> {
    while (!isDone()) await this.time.advance(10, isDone);
  }

  /** Everything that the disk holds of channels and of operations on them. */
  async traces(): Promise<readonly string[]> {
    const folders = ["channels", "pendingops/join", "pendingops/remove"];
    const lists = await Promise.all(folders.map((folder) => this.files.list(`${DATA}/${folder}`)));
    return lists.flat();
  }
}

export async function sampleAndStranger(): Promise<{
  readonly sample: SampleChannel;
  readonly stranger: Uint8Array;
}> {
  const sample = await sampleChannel();
  const issued = await sample.ordererOrg.tls.issueTls({
    commonName: "orderer9.example.com",
    alternativeNames: [],
  });
  return { sample, stranger: issued.certificatePem };
}
