import {
  DevelopmentNetwork,
  checkOrdererRemoval,
  ordererNamed,
  removeOrderer,
} from "../../network/index.ts";
import { isConfirmed } from "../confirmation.ts";
import type { OrdererRemoveOptions } from "../orderer-options.ts";
import { Output } from "../output.ts";

export async function ordererRemove(name: string, options: OrdererRemoveOptions): Promise<void> {
  const output = new Output(options);
  const network = await DevelopmentNetwork.open(options.dir);
  const site = ordererNamed(network, name);
  await checkOrdererRemoval(network, site);
  const { directory } = network.layout.node(site.name);
  const { keepData } = options;
  const what = keepData ? `take ${site.name} out` : `remove ${site.name} and ${directory}`;
  const otherwise = `remove ${site.name} with --yes`;
  if (!options.yes && !(await isConfirmed(`${what}?`, otherwise))) {
    output.result({ removed: null }, "nothing was removed");
    return;
  }
  const ignored = (): void => undefined;
  const steps = {
    step: (text: string) => {
      output.step(text);
    },
    level: ignored,
  };
  const kept = await removeOrderer(network, site, { keepData }, steps);
  const text =
    kept === undefined
      ? `removed ${site.name} and ${directory}`
      : `removed ${site.name}; its ledgers and configuration are in ${kept}`;
  output.result({ removed: site.name, kept: kept ?? null }, text);
}
