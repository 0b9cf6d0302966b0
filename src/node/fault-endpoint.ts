/** `GET /faults` and `POST /faults` on the operations listener of a development node. */
import { parseFaults } from "../faults/adapters/parse-faults.ts";
import type { Logger } from "../kernel/ports/logger.ts";
import type { FaultTarget } from "./fault-layer.ts";
import type { Operations } from "./world.ts";

const FAULTS_PATH = "/faults";

/** A POST replaces all faults in force. A node that has nothing for them says why it takes none. */
export function offerFaults(
  operations: Operations,
  target: FaultTarget | undefined,
  logger: Logger,
): void {
  if (target === undefined) {
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
  const { faults, disk } = target;
  logger.warn("this node takes faults from whoever reaches its operations listener");
  const dying = { status: 410, body: { error: "this node dies by an injected fault" } };
  operations.offer(FAULTS_PATH, () =>
    disk.isCut ? dying : { status: 200, body: faults.settings },
  );
  operations.accept(FAULTS_PATH, (text) => {
    if (disk.isCut) return dying;
    const parsed = parseFaults(text);
    if (!parsed.ok) return { status: 400, body: { error: parsed.reason } };
    const { reset, powerLoss, ...settings } = parsed.request;
    faults.apply(settings);
    for (const peer of reset) faults.reset(peer);
    logger.warn("faults were set", { ...settings, links: settings.links.length, reset });
    if (powerLoss !== undefined) void disk.crash(powerLoss);
    return { status: 200, body: faults.settings };
  });
}
