import { DevelopmentNetwork, addOrganization } from "../../network/index.ts";
import { Output } from "../output.ts";
import type { DirectoryOptions } from "../shared-options.ts";

export interface OrgAddOptions extends DirectoryOptions {
  readonly name?: string;
}

export async function orgAdd(options: OrgAddOptions): Promise<void> {
  const output = new Output(options);
  const network = await DevelopmentNetwork.open(options.dir);
  try {
    const report = await addOrganization(network, options.name, (text) => {
      output.step(text);
    });
    const { name, mspId, channelId, signedBy } = report;
    output.result(
      { event: "added", ...report },
      [
        `${output.good("✔")} ${mspId} is an organisation of ${channelId}, signed for by ${signedBy.join(", ")}`,
        `give it a peer with \`heddle peer add --org ${name}\`; deploy again to have it endorse`,
      ].join("\n"),
    );
  } finally {
    network.close();
  }
}
