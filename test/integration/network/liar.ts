/**
 * A member that lies, in the place of a peer of a `TestNetwork` whose process has ended: with that peer's certificates, on its port, with
 * real gossip. It learns the true blocks from the others, as a peer does, and serves what it likes.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { pkiIdOf, peerIdOf } from "../../../gossip/service/peer-identity.ts";
import { GossipService } from "../../../gossip/service/index.ts";
import { ChannelConfig } from "../../../src/channel/index.ts";
import { GrpcDialer } from "../../../src/kernel/adapters/grpc-dialer.ts";
import { GrpcServer } from "../../../src/kernel/adapters/grpc-server.ts";
import { systemClock } from "../../../src/kernel/adapters/system-clock.ts";
import { systemRandom } from "../../../src/kernel/adapters/system-random.ts";
import { systemTimers } from "../../../src/kernel/adapters/system-timers.ts";
import { silentLogger } from "../../../src/kernel/ports/logger.ts";
import { silentMeter } from "../../../src/kernel/ports/meter.ts";
import type { Signer } from "../../../src/kernel/ports/signer.ts";
import { MspCache } from "../../../src/msp/index.ts";
import { readSigner } from "../../../src/msp/adapters/index.ts";
import { NetworkLayout, type PeerSite } from "../../../src/network/index.ts";
import { peerIdentities, tlsTrust } from "../../../src/node/peer-identities.ts";
import { Block, blockDataHash, decode, encode } from "../../../src/wire/index.ts";
import { signedBlock } from "../../support/sample-blocks.ts";
import type { Lie } from "../gossip/lies.ts";
import type { TestNetwork } from "./harness.ts";

const HOSTS = new Map([["*.example.com", "127.0.0.1"]]);
/** It leaves delivering to the others: longer than any test. */
const ELECTION_GRACE_MS = 600_000;

/** A block in the right form and place, signed by a member that is no orderer. */
export function forgedBy(signer: Signer): Lie {
  return async (number, truth) => {
    const bytes = truth(number);
    if (bytes === undefined) return undefined;
    const { header, data } = decode(Block, bytes);
    const doubled = [...data!.data, ...data!.data];
    const forged = {
      header: { ...header!, dataHash: blockDataHash(doubled) },
      data: { data: doubled },
      metadata: undefined,
    };
    return encode(Block, await signedBlock(forged, signer));
  };
}

export class Liar {
  /** As the log of others has it. */
  readonly peerId: string;
  /** How often it was asked for a block. */
  askedCount = 0;
  readonly #blocks: Uint8Array[];
  readonly #gossip: GossipService;
  readonly #server: GrpcServer;
  readonly #channelId: string;

  private constructor(net: TestNetwork, site: PeerSite, material: Material, lie: Lie) {
    const { signer, tls, genesis } = material;
    this.peerId = peerIdOf(pkiIdOf(signer.identity)!);
    this.#channelId = net.topology.channelId;
    this.#blocks = [genesis];
    const config = ChannelConfig.fromBlock(decode(Block, genesis), new MspCache());
    const managers = (): readonly ChannelConfig["mspManager"][] => [config.mspManager];
    const endpoint = `${site.name}:${site.port}`;
    const members = net.topology.organizations.flatMap(({ mspId, peers }) =>
      peers.map(({ name, port }) => ({ mspId, host: name, port })),
    );
    const colleagues = members.filter(({ mspId, host }) => {
      return mspId === site.mspId && host !== site.name;
    });
    this.#gossip = new GossipService(
      {
        signer,
        identities: peerIdentities(managers),
        ledger: {
          height: () => this.#blocks.length,
          block: async (_channelId, number) => {
            this.askedCount += 1;
            return lie(number, (asked) => this.#blocks[asked]);
          },
        },
        sink: {
          offer: (_channelId, number, bytes) => {
            if (number === this.height) this.#blocks.push(bytes);
            this.claimHeight(this.height);
            return Promise.resolve();
          },
        },
        blockVerifier: { verify: () => Promise.resolve({ ok: true }) },
        dialer: new GrpcDialer({ clientCertificate: tls, hostAddresses: HOSTS }),
        tls: tlsTrust(managers),
        clock: systemClock,
        timers: systemTimers,
        random: systemRandom,
        logger: silentLogger,
        meter: silentMeter,
      },
      {
        endpoints: { internal: endpoint, external: endpoint },
        bootstrap: colleagues.map(({ host, port }) => `${host}:${port}`),
        timing: { electionGraceMs: ELECTION_GRACE_MS },
      },
    );
    const mspIds = net.topology.organizations.map(({ mspId }) => mspId);
    this.#gossip.joinChannel(this.#channelId, { mspIds, anchorPeers: members }, []);
    const { port } = site;
    this.#server = new GrpcServer(this.#gossip.handlers(), { host: "127.0.0.1", port, tls });
  }

  /** `lieOf`: what it serves, of what it can sign. */
  static async start(
    net: TestNetwork,
    site: PeerSite,
    lieOf: (signer: Signer) => Lie,
  ): Promise<Liar> {
    const material = await readMaterial(net, site);
    const liar = new Liar(net, site, material, lieOf(material.signer));
    await liar.#server.listen();
    await liar.#gossip.start();
    return liar;
  }

  /** True blocks that it has. */
  get height(): number {
    return this.#blocks.length;
  }

  /** Tells the others that it has so many blocks. */
  claimHeight(height: number): void {
    this.#gossip.updateChannel(this.#channelId, { height, chaincodes: [] });
  }

  async close(): Promise<void> {
    await this.#gossip.close();
    await this.#server.close();
  }
}

interface Material {
  readonly signer: Signer;
  readonly tls: { readonly certificatePem: Uint8Array; readonly keyPem: Uint8Array };
  readonly genesis: Uint8Array;
}

async function readMaterial(net: TestNetwork, site: PeerSite): Promise<Material> {
  const layout = new NetworkLayout(net.directory);
  const material = layout.peer(site);
  return {
    signer: await readSigner(join(material, "msp"), site.mspId),
    tls: {
      certificatePem: await readFile(join(material, "tls", "server.crt")),
      keyPem: await readFile(join(material, "tls", "server.key")),
    },
    genesis: await readFile(layout.genesisBlock(net.topology.channelId)),
  };
}
