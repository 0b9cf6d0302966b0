import { codeUnits, utf8 } from "../kernel/bytes.ts";

/** `rest` is what follows the block's last line; `headerCount` is how many `name: value` lines it opens with. */
export interface PemBlock {
  readonly label: string;
  readonly bytes: Uint8Array;
  readonly headerCount: number;
  readonly rest: string;
}

const BEGIN = "-----BEGIN ";
const END = "\n-----END ";
const DASHES = "-----";

/**
 * The first well-formed PEM block, or `undefined`. As in Go's `encoding/pem`: text before and after it, blank space
 * within it, headers and malformed blocks before it are skipped. Linear in the size of the input.
 */
export function decodePem(input: Uint8Array): PemBlock | undefined {
  const text = codeUnits(input);
  let from = 0;
  for (;;) {
    const end = text.indexOf(END, from);
    if (end < 0) return undefined;
    // The last BEGIN before the END: a BEGIN without an END is skipped.
    const begin = text.slice(from, end).lastIndexOf(BEGIN) + from;
    const startsLine = begin === 0 || text[begin - 1] === "\n";
    if (begin >= from && startsLine) {
      const block = blockAt(text, begin, end);
      if (block !== undefined) return block;
    }
    from = end + END.length;
  }
}

function blockAt(text: string, begin: number, end: number): PemBlock | undefined {
  const body = text.slice(begin + BEGIN.length, end + 1);
  const typeEnd = body.indexOf("\n");
  const typeLine = lineAt(body, 0);
  if (typeEnd < 0 || !typeLine.endsWith(DASHES)) return undefined;
  const label = typeLine.slice(0, -DASHES.length);

  const trailer = `${label}${DASHES}`;
  const trailerStart = end + END.length;
  if (!text.startsWith(trailer, trailerStart)) return undefined;
  const trailerEnd = trailerStart + trailer.length;
  if (lineAt(text, trailerEnd) !== "") return undefined;
  const { headerCount, content } = splitHeaders(body.slice(typeEnd + 1));
  const bytes = decodeBase64(content);
  const lineEnd = text.indexOf("\n", trailerEnd);
  return bytes && { label, bytes, headerCount, rest: lineEnd < 0 ? "" : text.slice(lineEnd + 1) };
}

// The rest of a line without blanks at its end. A carriage return belongs to a line feed, or to the line.
function lineAt(text: string, start: number): string {
  const lineFeed = text.indexOf("\n", start);
  let end = lineFeed < 0 ? text.length : lineFeed;
  if (lineFeed > start && text[end - 1] === "\r") end -= 1;
  while (end > start && (text[end - 1] === " " || text[end - 1] === "\t")) end -= 1;
  return text.slice(start, end);
}

function splitHeaders(body: string): { readonly headerCount: number; readonly content: string } {
  let headerCount = 0;
  let start = 0;
  for (;;) {
    const lineEnd = body.indexOf("\n", start);
    const line = body.slice(start, lineEnd < 0 ? body.length : lineEnd);
    if (!line.includes(":") || lineEnd < 0) return { headerCount, content: body.slice(start) };
    headerCount += 1;
    start = lineEnd + 1;
  }
}

function decodeBase64(text: string): Uint8Array | undefined {
  const digits = text.replaceAll(/[ \t\r\n]/g, "");
  if (digits.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(digits)) return undefined;
  const octets = atob(digits);
  const bytes = new Uint8Array(octets.length);
  for (let index = 0; index < bytes.length; index += 1) bytes[index] = octets.charCodeAt(index);
  return bytes;
}

/** A PEM block in lines of 64 characters, ending in a line feed. */
export function encodePem(label: string, bytes: Uint8Array): Uint8Array {
  const digits = btoa(codeUnits(bytes));
  const lines = digits.match(/.{1,64}/g) ?? [];
  return utf8([`${BEGIN}${label}${DASHES}`, ...lines, `-----END ${label}${DASHES}`, ""].join("\n"));
}
