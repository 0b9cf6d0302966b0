import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { NetworkLayout } from "../../../src/network/layout.ts";
import { planTopology, type Topology } from "../../../src/network/topology.ts";

export const SAMPLE_TOPOLOGY: Topology = planTopology({
  ordererCount: 3,
  peerCountPerOrganization: 2,
  portOffset: 0,
});

/** A network's folder with the TLS roots of its peer organisations, and nothing else. */
export async function sampleLayout(): Promise<{
  layout: NetworkLayout;
  remove: () => Promise<void>;
}> {
  const directory = await mkdtemp(join(tmpdir(), "heddle-network-"));
  const layout = new NetworkLayout(directory);
  for (const { domain } of SAMPLE_TOPOLOGY.organizations) {
    await mkdir(dirname(layout.tlsRoot(domain)), { recursive: true });
    await writeFile(layout.tlsRoot(domain), `root of ${domain}`);
  }
  return { layout, remove: () => rm(directory, { recursive: true }) };
}
