/** What of a development node can be made to fail: its links, its disk and its clock. */
import { Faults, faultyFiles, VolatileDisk } from "../faults/index.ts";
import type { Files } from "../kernel/ports/files.ts";
import type { Logger } from "../kernel/ports/logger.ts";
import type { Random } from "../kernel/ports/random.ts";
import type { Timers } from "../kernel/ports/timers.ts";

/** What faults are put on. Both belong to the node for as long as it lives. */
export interface FaultTarget {
  readonly faults: Faults;
  readonly disk: Pick<VolatileDisk, "crash" | "isCut">;
}

export interface FaultLayer extends FaultTarget {
  readonly disk: VolatileDisk;
}

export interface FaultLayerDeps {
  /** What is made to fail. */
  readonly files: Files;
  readonly logger: Logger;
  /** The node has the process to itself. */
  readonly isAlone: boolean;
  /** Told when a node that shares its process dies by a fault. */
  readonly onDeath: (() => void) | undefined;
}

// A process of its own dies as by kill -9: nothing that it does at its end may help it.
export function faultLayer({ files, logger, isAlone, onDeath }: FaultLayerDeps): FaultLayer {
  const faults = new Faults();
  const end = (): void => {
    if (isAlone) process.kill(process.pid, "SIGKILL");
    else onDeath?.();
  };
  const whenCut = isAlone ? "waits" : "fails";
  const disk = new VolatileDisk({ files, faults, logger, end }, { whenCut });
  return { faults, disk };
}

/** The node's files, on the disk that loses what is not flushed. */
export function filesWithFaults(
  { faults, disk }: FaultLayer,
  ports: { readonly timers: Timers; readonly random: Random },
): Files {
  const onLostFlush = (path: string): void => {
    disk.loseFlush(path);
  };
  return faultyFiles({ ...ports, files: disk.files, faults, onLostFlush });
}
