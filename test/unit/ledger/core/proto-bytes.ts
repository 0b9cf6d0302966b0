/** Protobuf by hand, from the encoding's description: shares nothing with the codecs under test. */
import { concatBytes, utf8 } from "../../../../src/kernel/bytes.ts";

export function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = BigInt(value);
  while (rest > 127n) {
    bytes.push(Number(rest & 127n) | 128);
    rest >>= 7n;
  }
  return Uint8Array.from([...bytes, Number(rest)]);
}

/** A length-delimited field, present even when empty. */
export function bytesField(number: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const body = concatBytes(...parts);
  return concatBytes(varint(number * 8 + 2), varint(body.length), body);
}

/** A text field; absent when empty. */
export function textField(number: number, text: string): Uint8Array {
  return text === "" ? new Uint8Array(0) : bytesField(number, utf8(text));
}

/** A number or flag; absent when zero. */
export function numberField(number: number, value: number): Uint8Array {
  return value === 0 ? new Uint8Array(0) : concatBytes(varint(number * 8), varint(value));
}

export function versionField(number: number, block: number, tx: number): Uint8Array {
  return bytesField(number, numberField(1, block), numberField(2, tx));
}
