import { errorMessage } from "../../src/kernel/error.ts";
import type { Files } from "../../src/kernel/ports/files.ts";
import type { Logger } from "../../src/kernel/ports/logger.ts";
import type { Timer, Timers } from "../../src/kernel/ports/timers.ts";
import { DISK_CHECK_MS, DISK_ROOM_REGAINED_FACTOR } from "./limits.ts";

/**
 * How much room the disk of a log has. `scarce`: nothing new is begun. `none`: nothing that the disk would have to take
 * is accepted from others either.
 */
export type RoomLevel = "enough" | "scarce" | "none";

export interface DiskRoomOptions {
  readonly directory: string;
  /** Below it room is scarce, below half of it there is none. 0: it is not watched. */
  readonly freeBytesMin: number;
}

/** Watches the free bytes of a disk, so that a node stops in good order before a write fails. */
export class DiskRoom {
  readonly #deps: { readonly files: Files; readonly timers: Timers; readonly logger: Logger };
  readonly #options: DiskRoomOptions;
  readonly #onCheck: (freeBytes: number) => void;
  #timer: Timer | undefined;
  #level: RoomLevel = "enough";
  #isChecking = false;

  /** `onCheck` is called after every look at the disk. */
  constructor(
    deps: { readonly files: Files; readonly timers: Timers; readonly logger: Logger },
    options: DiskRoomOptions,
    onCheck: (freeBytes: number) => void,
  ) {
    this.#deps = deps;
    this.#options = options;
    this.#onCheck = onCheck;
  }

  get level(): RoomLevel {
    return this.#level;
  }

  start(): void {
    if (this.#options.freeBytesMin === 0) return;
    void this.#check();
    this.#timer = this.#deps.timers.every(DISK_CHECK_MS, () => {
      void this.#check();
    });
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  // Never rejects.
  async #check(): Promise<void> {
    if (this.#isChecking) return;
    this.#isChecking = true;
    try {
      const freeBytes = await this.#deps.files.freeBytes(this.#options.directory);
      this.#take(freeBytes);
    } catch (error) {
      const { directory } = this.#options;
      this.#deps.logger.warn("cannot tell how much room the disk has", {
        directory,
        reason: errorMessage(error),
      });
    } finally {
      this.#isChecking = false;
    }
  }

  #take(freeBytes: number): void {
    const { directory, freeBytesMin } = this.#options;
    const before = this.#level;
    this.#level = levelOf(freeBytes, freeBytesMin, before);
    const fields = { directory, freeBytes, freeBytesMin };
    if (before === "enough" && this.#level !== "enough") {
      this.#deps.logger.error("the disk is nearly full: this node orders nothing new", fields);
    } else if (before !== "enough" && this.#level === "enough") {
      this.#deps.logger.info("the disk has room again", fields);
    }
    this.#onCheck(freeBytes);
  }
}

// Room counts as regained only well above the mark, so that a node does not waver.
function levelOf(freeBytes: number, min: number, before: RoomLevel): RoomLevel {
  if (freeBytes < min / 2) return "none";
  const enough = before === "enough" ? min : min * DISK_ROOM_REGAINED_FACTOR;
  return freeBytes < enough ? "scarce" : "enough";
}
