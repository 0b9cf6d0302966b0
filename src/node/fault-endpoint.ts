/** `GET /faults` and `POST /faults` on the operations listener of a development node. */
import { parseFaults } from "../faults/adapters/parse-faults.ts";
import type { Faults } from "../faults/index.ts";
import type { Logger } from "../kernel/ports/logger.ts";
import type { Operations } from "./world.ts";

const FAULTS_PATH = "/faults";

/** A POST replaces all faults in force. A node without `faults` says why it takes none. */
export function offerFaults(
  operations: Operations,
  faults: Faults | undefined,
  logger: Logger,
): void {
  if (faults === undefined) {
    const refusal = {
      status: 403,
      body: {
        error:
          "this node takes no faults: its configuration lacks development.faults, which belongs to development networks only",
      },
    };
    operations.offer(FAULTS_PATH, () => refusal);
    operations.accept(FAULTS_PATH, () => refusal);
    return;
  }
  logger.warn("this node takes faults from whoever reaches its operations listener");
  operations.offer(FAULTS_PATH, () => ({ status: 200, body: faults.settings }));
  operations.accept(FAULTS_PATH, (text) => {
    const parsed = parseFaults(text);
    if (!parsed.ok) return { status: 400, body: { error: parsed.reason } };
    const { reset, ...settings } = parsed.request;
    faults.apply(settings);
    for (const peer of reset) faults.reset(peer);
    logger.warn("faults were set", { ...settings, links: settings.links.length, reset });
    return { status: 200, body: faults.settings };
  });
}
