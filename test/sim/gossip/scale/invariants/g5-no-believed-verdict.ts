import type { MeshPeer } from "../mesh-peer.ts";

/** G5, as far as it is the core's: what peers say of others without a proof, though they say it all at once, kills nobody that answers. */
export function defame(
  liars: readonly MeshPeer[],
  victim: MeshPeer,
  audience: readonly MeshPeer[],
  nowMs: number,
): void {
  for (const listener of audience) {
    const claim = listener.mesh.claimOf(victim.name);
    if (claim?.rebuttals === undefined) continue;
    const { time, rebuttals } = claim;
    const accusations = liars.map(({ name: accuser }) => ({
      peer: victim.name,
      incarnation: time.incarnation,
      rebuttals,
      accuser,
      isDead: true,
    }));
    listener.mesh.step({ kind: "accusations", from: liars[0]!.name, accusations }, nowMs);
  }
}
