/** Beside partitions and kills, which every network knows. */
export interface SiteAbilities {
  /** Nodes have processes of their own, which can be paused. */
  readonly hasProcesses: boolean;
  /** Nodes take faults of links, disks and clocks. */
  readonly hasFaultLayer: boolean;
  /** Nodes can be added and removed while it runs. */
  readonly canGrow: boolean;
}
