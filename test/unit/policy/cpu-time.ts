/** The least CPU time, in milliseconds, of five runs: what the work costs, whatever else the machine is doing. */
export function leastCpuMs(run: () => void): number {
  const costsMs = Array.from({ length: 5 }, () => {
    const before = process.cpuUsage();
    run();
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  });
  return Math.min(...costsMs);
}
