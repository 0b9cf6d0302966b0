/** The name of a simulated peer: looks as random as a hash, and is told from its number. */
export function peerName(index: number): string {
  let mixed = Math.imul(index + 1, 0x9e3779b1) >>> 0;
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x85ebca6b) >>> 0;
  const head = (mixed ^ (mixed >>> 13)) >>> 0;
  return `${head.toString(16).padStart(8, "0")}${index.toString(16).padStart(8, "0")}`;
}

export function peerNumber(name: string): number {
  return Number.parseInt(name.slice(8), 16);
}
