/** A peer to be killed: says which process its chaincode runs in once that process is stuck. */
import { packageFolder } from "../../../src/chaincode/adapters/package-folder.ts";
import { ChaincodeWorld } from "./chaincode-world.ts";

const PROBE = new URL("../../fixtures/contracts/probe", import.meta.url).pathname;

const world = await ChaincodeWorld.start();
await world.deploy("probe", await packageFolder(PROBE, "probe_1"));
const processId = Number(await world.submit("processId"));
void world.execute({ args: ["hang"] });
process.send?.({ processId, directory: world.directory });
