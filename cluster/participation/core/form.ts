/** `multipart/form-data` (RFC 7578) with one file in it, as Fabric's tools send it. */
import { utf8 } from "../../../src/kernel/bytes.ts";
import { FORM_HEADER_BYTES_MAX, FORM_PARTS_MAX } from "../limits.ts";
import { parseMediaType } from "./media-type.ts";

interface FormPart {
  readonly name: string;
  readonly isFile: boolean;
  readonly content: Uint8Array;
}

/** The answer of `fileOfForm`; `reason` in Fabric's words. */
export type FormReading =
  | { readonly ok: true; readonly content: Uint8Array }
  | { readonly ok: false; readonly reason: string };

const CRLF = utf8("\r\n");
const HEADERS_END = utf8("\r\n\r\n");

/** The content of the file `key`, which must be the only part of the form `body`. */
export function fileOfForm(body: Uint8Array, boundary: string, key: string): FormReading {
  if (boundary === "") return unreadable("multipart: boundary is empty");
  const parts = partsOf(body, boundary);
  if (typeof parts === "string") return unreadable(parts);
  const file = parts.find((part) => part.isFile && part.name === key);
  if (file === undefined) return { ok: false, reason: `form does not contains part key: ${key}` };
  if (parts.length !== 1) return { ok: false, reason: "form contains too many parts" };
  return { ok: true, content: file.content };
}

function unreadable(reason: string): FormReading {
  return { ok: false, reason: `cannot read form from request body: ${reason}` };
}

// The parts, or what is wrong with the form.
function partsOf(body: Uint8Array, boundary: string): readonly FormPart[] | string {
  const first = utf8(`--${boundary}`);
  const delimiter = utf8(`\r\n--${boundary}`);
  const parts: FormPart[] = [];
  // What comes before the first boundary is no part.
  let at = startsAt(body, first, 0) ? 0 : indexOf(body, delimiter, 0);
  if (at < 0) return "multipart: NextPart: EOF";
  at += at === 0 && startsAt(body, first, 0) ? first.length : delimiter.length;
  while (!isFinal(body, at)) {
    if (parts.length === FORM_PARTS_MAX) return "multipart: message too large";
    if (!startsAt(body, CRLF, at)) return "multipart: NextPart: EOF";
    const end = indexOf(body, delimiter, at);
    if (end < 0) return "multipart: NextPart: EOF";
    const part = partOf(body.subarray(at + CRLF.length, Math.max(end, at + CRLF.length)));
    if (typeof part === "string") return part;
    parts.push(part);
    at = end + delimiter.length;
  }
  return parts;
}

function isFinal(body: Uint8Array, at: number): boolean {
  return body[at] === 0x2d && body[at + 1] === 0x2d;
}

function partOf(bytes: Uint8Array): FormPart | string {
  const end = indexOf(bytes, HEADERS_END, 0);
  if (end < 0 || end > FORM_HEADER_BYTES_MAX) return "multipart: NextPart: malformed MIME header";
  const headers = new TextDecoder().decode(bytes.subarray(0, end)).split("\r\n");
  const disposition = headers.flatMap(dispositionOf).at(0);
  const name = disposition?.get("name");
  // A part without a name is none of the form's.
  if (disposition === undefined || name === undefined) return "multipart: NextPart: EOF";
  return {
    name,
    isFile: disposition.has("filename"),
    content: bytes.subarray(end + HEADERS_END.length),
  };
}

// `form-data; name="config-block"; filename="mychannel.block"`.
function dispositionOf(header: string): readonly ReadonlyMap<string, string>[] {
  const value = /^content-disposition:\s*form-data(.*)$/i.exec(header)?.[1];
  if (value === undefined) return [];
  const reading = parseMediaType(`multipart/form-data${value}`);
  return reading.ok ? [reading.parameters] : [];
}

function startsAt(bytes: Uint8Array, wanted: Uint8Array, at: number): boolean {
  return wanted.every((byte, position) => bytes[at + position] === byte);
}

function indexOf(bytes: Uint8Array, wanted: Uint8Array, from: number): number {
  const [lead = 0] = wanted;
  for (let at = bytes.indexOf(lead, from); at >= 0; at = bytes.indexOf(lead, at + 1)) {
    if (startsAt(bytes, wanted, at)) return at;
  }
  return -1;
}
