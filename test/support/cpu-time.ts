/** CPU time that this process has used, in milliseconds: unlike the clock's, it does not grow while others have the machine. */
export function cpuTimeMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

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
