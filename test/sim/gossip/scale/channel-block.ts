import { equalBytes } from "../../../../src/kernel/bytes.ts";
import type { ArrivingMessage } from "./message-bytes.ts";

const BLOCKS = new Map<number, Uint8Array>();

/** The orderers' block of that number. */
export function blockOf(number: number): Uint8Array {
  const known = BLOCKS.get(number);
  if (known !== undefined) return known;
  const bytes = Uint8Array.of(number >>> 24, number >>> 16, number >>> 8, number);
  BLOCKS.set(number, bytes);
  return bytes;
}

/** A block that nobody but `liar` has made. */
export function forgedBlock(number: number, liar: number): Uint8Array {
  return Uint8Array.of(...blockOf(number), 1 + liar);
}

export function isGenuine(number: number, bytes: Uint8Array): boolean {
  return equalBytes(bytes, blockOf(number));
}

/** What a forger says in place of `message`. */
export function falsified(message: ArrivingMessage, liar: number): ArrivingMessage {
  if (message.kind === "block") {
    return { ...message, bytes: forgedBlock(message.number, liar) };
  }
  if (message.kind !== "block-update" && message.kind !== "range-response") return message;
  const blocks = message.blocks.map(({ number }) => ({ number, bytes: forgedBlock(number, liar) }));
  return { ...message, blocks };
}
