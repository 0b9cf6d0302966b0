/** Whom a peer that is far behind asks for blocks: orderers, anchor peers, and the bootstrap peers of its organisation. */
import type { ChannelConfig } from "../channel/index.ts";
import type { FetchSource } from "../delivery/index.ts";
import type { PeerConfig } from "./config.ts";

/** Peers come first: what they serve the orderers need not. Without the peer itself, each address once. */
export function blockSources(
  config: ChannelConfig,
  peer: {
    readonly msp: Pick<PeerConfig["msp"], "id">;
    readonly gossip: Pick<PeerConfig["gossip"], "externalEndpoint" | "bootstrap">;
  },
): readonly FetchSource[] {
  const rootsOf = (mspId: string): readonly Uint8Array[] =>
    config.mspManager.msp(mspId)?.tlsRootsPem ?? [];
  const peerAt = (address: string, mspId: string): FetchSource => ({
    role: "peer",
    target: { address, tls: { rootsPem: rootsOf(mspId) } },
  });
  const anchors = config.application.organizations.flatMap(({ mspId, anchorPeers }) =>
    anchorPeers.map(({ host, port }) => peerAt(`${host}:${port}`, mspId)),
  );
  const bootstrap = peer.gossip.bootstrap.map((address) => peerAt(address, peer.msp.id));
  const orderers = config.ordererEndpoints().map(({ address, tlsRootsPem }): FetchSource => ({
    role: "orderer",
    target: { address, tls: { rootsPem: tlsRootsPem } },
  }));
  const sources = new Map<string, FetchSource>();
  for (const source of [...bootstrap, ...anchors, ...orderers]) {
    const { address } = source.target;
    if (address === peer.gossip.externalEndpoint || sources.has(address)) continue;
    sources.set(address, source);
  }
  return [...sources.values()];
}
