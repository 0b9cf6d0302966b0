/** `npm run chaos:kill`, in short. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { KillLoopReport } from "../../../scripts/chaos-kill/kill-loop.ts";
import { freeOffset, root } from "./harness.ts";

const SLOW_MACHINE_MS = 300_000;

test(
  "ten rounds of killed orderers under load lose nothing and order nothing twice",
  { timeout: SLOW_MACHINE_MS },
  async () => {
    const portOffset = await freeOffset({ ordererCount: 3, peerCountPerOrganization: 1 });
    const options = { cycles: 10, "audit-every": 5, minutes: 4, "port-offset": portOffset };
    const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
    const program = join(root, "dist/scripts/chaos-kill.js");
    const { error, stdout } = await new Promise<{ error: unknown; stdout: string }>((resolve) => {
      execFile(process.execPath, [program, ...args, "--json"], (failure, output) => {
        resolve({ error: failure, stdout: output });
      });
    });
    const report = JSON.parse(stdout) as KillLoopReport;
    expect(report).toMatchObject({ cycles: 10, isPassed: true, failures: [] });
    expect(report.acknowledged).toBeGreaterThan(10);
    expect(report.kills).toBeGreaterThanOrEqual(10);
    expect(error).toBeNull();
  },
);
