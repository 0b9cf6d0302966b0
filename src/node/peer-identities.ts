/** Whom a peer believes: the identities of its own organisation and of every channel that it has joined. */
import type { IdentityPort, TlsTrust } from "../../gossip/service/index.ts";
import type { MspManager } from "../msp/index.ts";

export function peerIdentities(managers: () => readonly MspManager[]): IdentityPort {
  return {
    validate: (serialized) => {
      let reason = "no organisation is known";
      for (const manager of managers()) {
        const result = manager.identity(serialized);
        if (result.ok) {
          const { mspId, notAfterMs } = result.identity;
          return {
            ok: true,
            mspId,
            notAfterMs,
            verify: (message, signature) => result.identity.verify(message, signature),
          };
        }
        reason = result.reason;
      }
      return { ok: false, reason };
    },
  };
}

export function tlsTrust(managers: () => readonly MspManager[]): TlsTrust {
  return {
    rootsPem: () =>
      managers().flatMap((manager) =>
        manager.mspIds.flatMap((mspId) => manager.msp(mspId)?.tlsRootsPem ?? []),
      ),
  };
}
