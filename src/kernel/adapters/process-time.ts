/** Times that a simulation is given, since it reads no clock of its own. */
import { performance } from "node:perf_hooks";

const CLOCKS_MOVE_MS = 2;

/** What all threads of this process have computed for, so far. */
export function processCpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

/** Returns when every clock shows another time. Computes meanwhile: its caller cannot wait. */
export function outlastClocks(): void {
  const startMs = performance.now();
  while (performance.now() - startMs < CLOCKS_MOVE_MS);
}
