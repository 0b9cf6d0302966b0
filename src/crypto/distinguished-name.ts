import { utf8Decode } from "../kernel/bytes.ts";
import { DER_TAG, type DerElement, type DerReader, derOid } from "./der.ts";
import { CryptoError } from "./errors.ts";

/** The attributes of an X.501 name that identify a member. Lists are in the order of the certificate. */
export interface DistinguishedName {
  /** The last one where there are several; empty where there is none. */
  readonly commonName: string;
  readonly organizations: readonly string[];
  readonly organizationalUnits: readonly string[];
}

const OID = {
  commonName: "2.5.4.3",
  organization: "2.5.4.10",
  organizationalUnit: "2.5.4.11",
} as const;

/** Reads the content of a Name (RFC 5280 §4.1.2.4). Throws `CryptoError` ("malformed-der"). */
export function readDistinguishedName(name: DerReader): DistinguishedName {
  let commonName = "";
  const organizations: string[] = [];
  const organizationalUnits: string[] = [];
  while (!name.isAtEnd) {
    const relative = name.enter(DER_TAG.set);
    while (!relative.isAtEnd) {
      const attribute = relative.enter(DER_TAG.sequence);
      const oid = derOid(attribute.read(DER_TAG.oid));
      const value = readText(attribute.readAny());
      if (oid === OID.commonName) commonName = value;
      if (oid === OID.organization) organizations.push(value);
      if (oid === OID.organizationalUnit) organizationalUnits.push(value);
    }
  }
  return { commonName, organizations, organizationalUnits };
}

// The string types that Go's parser knows, with the characters that it admits for each.
function readText(element: DerElement): string {
  const { tag, content } = element;
  switch (tag) {
    case DER_TAG.utf8String:
      return readUtf8(content);
    case DER_TAG.printableString:
      return readAscii(content, /^[A-Za-z0-9 '()+,\-./:=?*&]*$/);
    case DER_TAG.ia5String:
      return readAscii(content, /^[\0-\x7f]*$/);
    case DER_TAG.numericString:
      return readAscii(content, /^[0-9 ]*$/);
    case DER_TAG.t61String:
      return singleBytes(content);
    case DER_TAG.bmpString:
      return readBmp(content);
    default:
      throw malformed(`string type ${tag} is not supported`);
  }
}

function readUtf8(content: Uint8Array): string {
  try {
    return utf8Decode(content);
  } catch (error) {
    throw new CryptoError("malformed-der", "malformed name: not UTF-8", { cause: error });
  }
}

function readAscii(content: Uint8Array, admitted: RegExp): string {
  const text = singleBytes(content);
  if (!admitted.test(text)) throw malformed("a character that its string type does not admit");
  return text;
}

function readBmp(content: Uint8Array): string {
  if (content.length % 2 !== 0) throw malformed("half a character");
  let text = "";
  for (let index = 0; index < content.length; index += 2) {
    text += String.fromCharCode((content[index] ?? 0) * 256 + (content[index + 1] ?? 0));
  }
  if (/[\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]/.test(text))
    throw malformed("a reserved character");
  return text.endsWith("\0") ? text.slice(0, -1) : text;
}

function singleBytes(content: Uint8Array): string {
  let text = "";
  for (const byte of content) text += String.fromCharCode(byte);
  return text;
}

function malformed(why: string): CryptoError {
  return new CryptoError("malformed-der", `malformed name: ${why}`);
}
