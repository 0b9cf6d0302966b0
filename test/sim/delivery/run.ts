/** How blocks and private sets come in, from sources that fail, lie or have nothing. Throws at the first promise that is broken. */
import { SeededRandom } from "../../../src/kernel/seeded-random.ts";
import { judgeForgeries } from "./forged-blocks.ts";
import { runPlanner } from "./planner-run.ts";
import { runPrivateSearch } from "./private-search-run.ts";

export async function runDelivery(seed: number): Promise<void> {
  const random = new SeededRandom(seed);
  runPlanner(random.child("planner"));
  runPrivateSearch(random.child("private"));
  await judgeForgeries(random.child("forgeries"));
}
