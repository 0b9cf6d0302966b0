/** Does one task after the other in a process of its own. */
import { processCpuMs } from "../../src/kernel/adapters/process-time.ts";
import { perform, type Task } from "./tasks.ts";

process.on("message", (task: Task) => {
  const found = perform(task);
  process.send?.({ found, cpuSeconds: processCpuMs() / 1_000 });
});
