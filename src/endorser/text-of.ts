const decoder = new TextDecoder();

/** Text of an argument for names and messages; bytes that are no UTF-8 become replacement characters. */
export function textOf(argument: Uint8Array): string {
  return decoder.decode(argument);
}
