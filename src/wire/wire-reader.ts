import { BinaryReader } from "@bufbuild/protobuf/wire";
import { utf8Decode } from "../kernel/bytes.ts";

const LAST_WIRE_TYPE = 5;

/** Reads one message for the generated decoders: text must be UTF-8, and the fields, however deep, are counted. */
export class WireReader extends BinaryReader {
  readonly #bytes: Uint8Array;
  readonly #fieldsMax: number;
  #fieldCount = 0;

  constructor(bytes: Uint8Array, fieldsMax: number = Infinity) {
    super(bytes, utf8Decode);
    this.#bytes = bytes;
    this.#fieldsMax = fieldsMax;
  }

  /** The next tag: field number times eight plus wire type. Throws on what no field has, and after too many fields. */
  field(): number {
    const byte = this.#bytes[this.pos];
    const isOneByte = byte !== undefined && byte < 0x80 && byte >= 0x08;
    if (!isOneByte || (byte & 7) > LAST_WIRE_TYPE) {
      const [number, wireType] = this.tag();
      return ((number << 3) | wireType) >>> 0;
    }
    this.countField();
    this.pos += 1;
    return byte;
  }

  override tag(): ReturnType<BinaryReader["tag"]> {
    this.countField();
    return super.tag();
  }

  /** Throws after too many. */
  countField(): void {
    this.#fieldCount += 1;
    if (this.#fieldCount > this.#fieldsMax) {
      throw new RangeError(`more than ${this.#fieldsMax} fields`);
    }
  }
}
