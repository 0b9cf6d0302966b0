/** The sample contract: deployed and called once, so that a newcomer sees a transaction commit. */
import { fileURLToPath } from "node:url";
import { utf8 } from "../kernel/bytes.ts";
import type { DevelopmentNetwork } from "../network/index.ts";
import { readSource } from "./commands/deploy.ts";
import type { Output } from "./output.ts";

export const SAMPLE_NAME = "basic";
const SAMPLE_FOLDER = fileURLToPath(
  new URL("../../../config/samples/asset-transfer", import.meta.url),
);

/** Deploys it unless it is there. */
export async function deploySample(network: DevelopmentNetwork, output: Output): Promise<void> {
  if (await network.isDeployed(SAMPLE_NAME)) return;
  await network.deploy(
    {
      name: SAMPLE_NAME,
      version: "1.0",
      package: await readSource(SAMPLE_FOLDER, `${SAMPLE_NAME}_1.0`),
      policy: undefined,
      initRequired: false,
    },
    (text) => {
      output.step(text);
    },
  );
}

/** Deploys it unless it is there, then commits one transaction. */
export async function runSample(network: DevelopmentNetwork, output: Output): Promise<void> {
  const [organization] = network.topology.organizations;
  if (organization === undefined) return;
  await deploySample(network, output);
  const client = await network.client(organization, "User1");
  const { channelId } = network.topology;
  output.step("committing a transaction");
  const startedAt = performance.now();
  const committed = await client.invoke({
    channelId,
    chaincode: SAMPLE_NAME,
    args: [utf8("InitLedger")],
  });
  const elapsedMs = Math.round(performance.now() - startedAt);
  output.say(
    `${output.good("✔")} committed a transaction of '${SAMPLE_NAME}' in block ${committed.blockNumber}, ${elapsedMs} ms`,
  );
}
