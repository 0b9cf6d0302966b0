import type { RpcChannel, RpcDialer, RpcTarget } from "../kernel/ports/rpc.ts";
import { FaultyChannel } from "./faulty-channel.ts";
import type { LinkDeps } from "./link-deps.ts";

export interface FaultyDialerDeps extends LinkDeps {
  readonly dialer: RpcDialer;
}

/**
 * `dialer`, whose calls suffer the faults of the link to whom they are made. Of a link each end holds the half that it dials: what
 * A sends on calls of B's making is lost at B, on its way in.
 */
export function faultyDialer(deps: FaultyDialerDeps): RpcDialer {
  return {
    get localCertificate() {
      return deps.dialer.localCertificate;
    },
    dial: (target: RpcTarget): RpcChannel => new FaultyChannel(deps, deps.dialer.dial(target)),
  };
}
