/** What a contract returned, for eyes and for programs. */
import { toHex, utf8Decode } from "../kernel/bytes.ts";

/** Text where it is text, else hexadecimal. JSON is indented. */
export function resultText(bytes: Uint8Array): string {
  const document = resultDocument(bytes);
  return typeof document === "string" ? document : JSON.stringify(document, undefined, 2);
}

/** The parsed document where it is JSON, else the text, else hexadecimal. */
export function resultDocument(bytes: Uint8Array): unknown {
  const text = textOf(bytes);
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function textOf(bytes: Uint8Array): string {
  try {
    return utf8Decode(bytes);
  } catch {
    return `0x${toHex(bytes)}`;
  }
}
