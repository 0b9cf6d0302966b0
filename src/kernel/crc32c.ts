/** CRC-32C (Castagnoli), the checksum of records on disk: it finds every burst of up to 32 flipped bits. */

// The polynomial 0x1EDC6F41, bit-reversed.
const POLYNOMIAL = 0x82f63b78;
const SLICES = 8;
const TABLE: Uint32Array = slicingTable();

/**
 * Checksum of `bytes`, an integer in [0, 2^32). `previous` is the checksum of the bytes before them, so that
 * crc32c(b, crc32c(a)) equals crc32c(a ‖ b).
 */
export function crc32c(bytes: Uint8Array, previous = 0): number {
  const table = TABLE;
  let crc = ~previous;
  let offset = 0;
  for (const end = bytes.length - (SLICES - 1); offset < end; offset += SLICES) {
    const low = crc ^ littleEndian(bytes, offset);
    const high = littleEndian(bytes, offset + 4);
    crc =
      at(table, 0x700 | (low & 0xff)) ^
      at(table, 0x600 | ((low >>> 8) & 0xff)) ^
      at(table, 0x500 | ((low >>> 16) & 0xff)) ^
      at(table, 0x400 | (low >>> 24)) ^
      at(table, 0x300 | (high & 0xff)) ^
      at(table, 0x200 | ((high >>> 8) & 0xff)) ^
      at(table, 0x100 | ((high >>> 16) & 0xff)) ^
      at(table, high >>> 24);
  }
  for (; offset < bytes.length; offset += 1) {
    crc = (crc >>> 8) ^ at(table, (crc ^ (bytes[offset] as number)) & 0xff);
  }
  return ~crc >>> 0;
}

function at(table: Uint32Array, index: number): number {
  return table[index] as number;
}

function littleEndian(bytes: Uint8Array, offset: number): number {
  return (
    (bytes[offset] as number) |
    ((bytes[offset + 1] as number) << 8) |
    ((bytes[offset + 2] as number) << 16) |
    ((bytes[offset + 3] as number) << 24)
  );
}

// Row k holds the effect of a byte that k further bytes follow (Kounavis and Berry's slicing-by-8).
function slicingTable(): Uint32Array {
  const table = new Uint32Array(SLICES * 256);
  for (let byte = 0; byte < 256; byte += 1) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
    table[byte] = crc;
  }
  for (let index = 256; index < table.length; index += 1) {
    const shorter = at(table, index - 256);
    table[index] = (shorter >>> 8) ^ at(table, shorter & 0xff);
  }
  return table;
}
