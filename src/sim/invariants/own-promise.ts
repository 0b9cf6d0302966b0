import { utf8Decode } from "../../kernel/bytes.ts";
import type { Invariant, NetworkView, NodeName, PeerView } from "../contracts.ts";
import type { Workload } from "../workload/own-workload.ts";
import { firstViolation } from "./first-violation.ts";

type Promised = NonNullable<Workload["violationIn"]>;

/** What contracts of one's own promise, at each height that a peer was seen at. */
export class OwnPromise implements Invariant {
  readonly name = "own promise";
  readonly #violationIn: Promised;
  readonly #seen = new Map<NodeName, number>();

  constructor(violationIn: Promised) {
    this.#violationIn = violationIn;
  }

  check({ peers }: NetworkView): string | undefined {
    const changed = peers.filter(
      ({ name, isUp, height }) => isUp && height !== this.#seen.get(name),
    );
    return firstViolation(changed, (peer) => {
      this.#seen.set(peer.name, peer.height);
      const violation = this.#violationIn((contract) => stateOf(peer, contract));
      return violation && `${violation}, at ${peer.name}, height ${peer.height}`;
    });
  }
}

function stateOf(peer: PeerView, contract: string): ReadonlyMap<string, string> {
  const entries = [...peer.stateEntries(contract)];
  return new Map(entries.map(({ key, value }) => [key, utf8Decode(value)]));
}
