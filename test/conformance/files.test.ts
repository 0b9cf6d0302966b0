import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Faults, VolatileDisk } from "../../src/faults/index.ts";
import { nodeFiles } from "../../src/kernel/adapters/node-files.ts";
import { silentLogger } from "../../src/kernel/ports/logger.ts";
import { SeededRandom } from "../sim/ports/seeded-random.ts";
import { SimulatedFiles } from "../../src/sim/ports/simulated-files.ts";
import { filesSuite } from "./files.suite.ts";

filesSuite("node", async () => {
  const directory = await mkdtemp(join(tmpdir(), "heddle-files-"));
  return {
    files: nodeFiles,
    directory,
    close: () => rm(directory, { recursive: true }),
  };
});

filesSuite("simulated", async () => {
  const files = new SimulatedFiles({ random: new SeededRandom(1) });
  await files.makeDirectory("/disk");
  return { files, directory: "/disk", close: () => Promise.resolve() };
});

filesSuite("node, watched for a loss of power", async () => {
  const directory = await mkdtemp(join(tmpdir(), "heddle-files-"));
  const end = (): void => undefined;
  const deps = { files: nodeFiles, faults: new Faults(), logger: silentLogger, end };
  return {
    files: new VolatileDisk(deps).files,
    directory,
    close: () => rm(directory, { recursive: true }),
  };
});
