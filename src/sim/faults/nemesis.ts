import type {
  DiskState,
  FaultTarget,
  LinkQuality,
  NodeName,
  SimPorts,
  StepOfNode,
} from "../contracts.ts";
import { Claims } from "./claims.ts";
import type { Fault, Schedule, ScheduledFault, Victim } from "./schedule.ts";

type DiskFault = Extract<Fault, { readonly kind: "disk" }>;

/** What a fault has to undo when it ends. */
type Undo = () => void;

const NOTHING: Undo = () => undefined;
/** How long a process is down that crashed at a step. */
const DOWN_MS = 1_500;
const WELL: DiskState = { kind: "well" };
const TRUE_TIME = { offsetMs: 0, driftPerMille: 0 };

/**
 * Brings a schedule upon the network. Faults overlap: what two of them hold ends with the second, and a link, disk or
 * clock that several have changed is as the newest of those left wants it.
 */
export class Nemesis {
  readonly #ports: Pick<SimPorts, "time" | "target" | "trace" | "sometimes">;
  readonly #target: FaultTarget;
  readonly #quality: LinkQuality;
  readonly #downs: Claims<true>;
  readonly #pauses: Claims<true>;
  readonly #cuts: Claims<true>;
  readonly #links: Claims<LinkQuality>;
  readonly #disks: Claims<DiskState>;
  readonly #clocks: Claims<typeof TRUE_TIME>;
  readonly #undos = new Set<Undo>();
  #isOver = false;

  /** `quality`: of a link that no fault has touched. */
  constructor(
    ports: Pick<SimPorts, "time" | "target" | "trace" | "sometimes">,
    quality: LinkQuality,
  ) {
    const { target } = ports;
    this.#ports = ports;
    this.#target = target;
    this.#quality = quality;
    // Who lets them die says how; the claim only keeps them down.
    this.#downs = new Claims((node, held) => {
      if (held === undefined) target.restart(node);
    });
    this.#pauses = new Claims((node, held) => {
      if (held === undefined) target.resume(node);
      else target.pause(node);
    });
    this.#cuts = new Claims((link, held) => {
      const [from, to] = endsOf(link);
      if (held === undefined) target.mend(from, to);
      else target.cut(from, to);
    });
    this.#links = new Claims((link, quality) => {
      const [from, to] = endsOf(link);
      target.link(from, to, quality ?? this.#quality);
    });
    this.#disks = new Claims((node, state) => {
      target.disk(node, state ?? WELL);
    });
    this.#clocks = new Claims((node, skew) => {
      target.clock(node, skew ?? TRUE_TIME);
    });
  }

  /** Sets the clock for every fault and returns at once. */
  play(schedule: Schedule): void {
    for (const scheduled of schedule.faults) {
      this.#ports.time.after(scheduled.atMs, () => {
        if (!this.#isOver) this.#begin(scheduled);
      });
    }
  }

  /** Ends all faults, and those to come. */
  end(): void {
    this.#isOver = true;
    for (const undo of [...this.#undos]) undo();
    this.#target.heal();
    this.#ports.trace("fault", "all heal");
  }

  #begin({ fault, forMs }: ScheduledFault): void {
    this.#ports.trace("fault", `${textOf(fault)} for ${forMs} ms`);
    this.#ports.sometimes(`fault: ${fault.kind === "disk" ? fault.state.kind : fault.kind}`);
    const undoFault = this.#apply(fault);
    const undo = (): void => {
      if (!this.#undos.delete(undo)) return;
      undoFault();
      this.#ports.trace("fault", `end of ${textOf(fault)}`);
    };
    this.#undos.add(undo);
    if (this.#undos.size >= 2) this.#ports.sometimes("two faults at once");
    if (this.#undos.size >= 5) this.#ports.sometimes("five faults at once");
    this.#ports.time.after(forMs, undo);
  }

  #apply(fault: Fault): Undo {
    switch (fault.kind) {
      case "crash":
        return all(this.#named(fault.nodes).map((node) => this.#crash(node, fault.power)));
      case "pause":
        return this.#each([fault.node], (node) => this.#pauses.hold(node, true));
      case "lose-disk":
        return this.#loseDiskIfSpared(fault.node);
      case "cut":
        return this.#cut(this.#named(fault.from), fault.to);
      case "link":
        return all(
          linksOf(fault.from, fault.to).map((link) => this.#links.hold(link, fault.quality)),
        );
      case "reset":
        return this.#each([fault.a], (node) => {
          this.#target.reset(node, fault.b);
          return NOTHING;
        });
      case "disk":
        return this.#each([fault.node], (node) => this.#spoil(node, fault));
      case "clock":
        return this.#each([fault.node], (node) => this.#clocks.hold(node, fault.skew));
      case "failpoint":
        return this.#each([fault.node], (node) => {
          this.#target.failpoint(node, { durableStep: fault.durableStep });
          return this.#downs.hold(node, true);
        });
      case "step":
        return this.#each([fault.node], (node) => this.#failAtStep(node, fault));
      case "strand":
        return this.#strand(fault.follower, fault.reachMs);
    }
  }

  #crash(node: NodeName, power: boolean): Undo {
    this.#target.crash(node, { power });
    return this.#downs.hold(node, true);
  }

  /**
   * A crash with power loss at the next step of this name, until what is returned is called. The process is down from the crash
   * on, for a while only: the step may be one of many seconds from now.
   */
  crashAt(node: NodeName, point: StepOfNode): () => void {
    let undoDown = NOTHING;
    const disarm = this.#target.failpoint(node, point, () => {
      undoDown = this.#downs.hold(node, true);
      this.#ports.time.after(DOWN_MS, () => {
        undoDown();
      });
    });
    return () => {
      disarm();
      undoDown();
    };
  }

  #failAtStep(node: NodeName, { step, when, restarts }: Fault & { readonly kind: "step" }): Undo {
    const undo = this.crashAt(node, { step, when });
    if (restarts) this.#beginAnew(node);
    return undo;
  }

  #beginAnew(node: NodeName): void {
    if (this.#downs.has(node)) return;
    this.#target.crash(node, { power: true });
    this.#target.restart(node);
  }

  // Of a consenter that is out, or was lost before, the others cannot spare another one.
  #loseDiskIfSpared(node: NodeName): Undo {
    return this.#target.mayLoseDisk(node) ? this.#loseDisk(node) : NOTHING;
  }

  #loseDisk(node: NodeName): Undo {
    const undo = this.#crash(node, true);
    this.#target.loseDisk(node);
    return undo;
  }

  #cut(from: readonly NodeName[], to: readonly NodeName[]): Undo {
    return all(linksOf(from, to).map((link) => this.#cuts.hold(link, true)));
  }

  // What has rotted is replaced, and until then nobody else is lost: there may be no other copy of it.
  #rot(node: NodeName, { state, restarts = false }: DiskFault): Undo {
    if (!this.#target.mayLoseDisk(node)) return NOTHING;
    this.#target.condemn(node);
    const undoDisk = this.#disks.hold(node, state);
    if (restarts) this.#beginAnew(node);
    return () => {
      const undoCrash = this.#loseDisk(node);
      undoDisk();
      undoCrash();
    };
  }

  // What could not be written has stopped a channel or the process: whoever looks after it mends the disk and starts the
  // process again.
  #spoil(node: NodeName, fault: DiskFault): Undo {
    const { state } = fault;
    if (state.kind === "rot") return this.#rot(node, fault);
    const undoDisk = this.#disks.hold(node, state);
    return () => {
      undoDisk();
      // Also where another fault is to take it down and has not done so yet: that one starts it again.
      if (state.kind !== "slow") this.#target.crash(node, { power: false });
      if (!this.#downs.has(node)) this.#target.restart(node);
    };
  }

  #strand(follower: NodeName, reachMs: number): Undo {
    const leader = this.#target.leader();
    if (leader === undefined) return NOTHING;
    const others = this.#target.orderers.filter((name) => name !== follower && name !== leader);
    const undoCut = this.#cut([leader], others);
    let undoCrash = NOTHING;
    let isUndone = false;
    this.#ports.time.after(reachMs, () => {
      if (!isUndone) undoCrash = this.#crash(leader, true);
    });
    return () => {
      isUndone = true;
      undoCut();
      undoCrash();
    };
  }

  #each(victims: readonly Victim[], apply: (node: NodeName) => Undo): Undo {
    return all(this.#named(victims).map(apply));
  }

  // Without a leader its faults come to nobody.
  #named(victims: readonly Victim[]): readonly NodeName[] {
    return victims.flatMap((victim) => {
      const name = victim === "leader" ? this.#target.leader() : victim;
      return name === undefined ? [] : [name];
    });
  }
}

function all(undos: readonly Undo[]): Undo {
  return () => {
    for (const undo of undos) undo();
  };
}

function linksOf(from: readonly NodeName[], to: readonly NodeName[]): readonly string[] {
  return from.flatMap((a) => to.flatMap((b) => (a === b ? [] : [`${a}>${b}`])));
}

function endsOf(link: string): readonly [NodeName, NodeName] {
  const [from = "", to = ""] = link.split(">");
  return [from, to];
}

function textOf({ kind, ...details }: Fault): string {
  return `${kind} ${JSON.stringify(details)}`;
}
