import type { RpcCall } from "../kernel/ports/rpc.ts";
import type { Timers } from "../kernel/ports/timers.ts";
import { callEnded } from "./errors.ts";

// Aborting without a reason makes one, with a stack, which costs more than all the rest here.
const OVER = new Error("the call is over");

/**
 * Runs `work` until the call is over; then rejects with DEADLINE_EXCEEDED and `timeoutMessage`, or with CANCELLED.
 * The signal that `work` gets is aborted when the call is over and when `work` has settled, so nothing outlives it.
 */
export async function withinCall<T>(
  call: Pick<RpcCall, "signal" | "isDeadlineExceeded">,
  timeoutMessage: string,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  if (call.signal.aborted) throw callEnded(call, timeoutMessage);
  const own = new AbortController();
  let onAbort = (): void => undefined;
  const over = new Promise<never>((_, reject) => {
    onAbort = (): void => {
      own.abort(OVER);
      reject(callEnded(call, timeoutMessage));
    };
    call.signal.addEventListener("abort", onAbort, { once: true });
  });
  try {
    return await Promise.race([work(own.signal), over]);
  } finally {
    call.signal.removeEventListener("abort", onAbort);
    own.abort(OVER);
  }
}

/** Runs `work` for at most `timeoutMs`, or until `signal` is aborted; then resolves with what `onEnd` gives. */
export async function withinTime<T>(
  timers: Timers,
  timeoutMs: number,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
  onEnd: (reason: "timeout" | "aborted") => T,
): Promise<T> {
  if (signal.aborted) return onEnd("aborted");
  const own = new AbortController();
  let stop = (): void => undefined;
  const ended = new Promise<T>((resolve) => {
    const end = (reason: "timeout" | "aborted"): void => {
      resolve(onEnd(reason));
      own.abort(OVER);
    };
    const onAbort = (): void => {
      end("aborted");
    };
    const timer = timers.after(timeoutMs, () => {
      end("timeout");
    });
    signal.addEventListener("abort", onAbort, { once: true });
    stop = (): void => {
      timer.cancel();
      signal.removeEventListener("abort", onAbort);
    };
  });
  try {
    return await Promise.race([ended, work(own.signal)]);
  } finally {
    stop();
  }
}
