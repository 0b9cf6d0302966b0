/** Does one task after the other in a process of its own. */
import { perform, type Task } from "./tasks.ts";

process.on("message", (task: Task) => {
  const found = perform(task);
  const { user, system } = process.cpuUsage();
  process.send?.({ found, cpuSeconds: (user + system) / 1_000_000 });
});
