import type { ChannelConfig } from "../../src/channel/index.ts";
import { assert } from "../../src/kernel/assert.ts";
import { publicKeyOf, type ClusterMember } from "../replica/index.ts";
import { firstMembership } from "./core/membership.ts";
import { OrderingError } from "./errors.ts";

/**
 * The members of the channel's group. `consenterIds` are their raft ids, in the order of the consenters; without, they are
 * those that a channel begins with. Throws `OrderingError`.
 */
export function membersOf(
  config: ChannelConfig,
  consenterIds: readonly number[] = firstMembership(config.orderer.consenters.length).consenterIds,
): readonly ClusterMember[] {
  const { consensusType, consenters, organizations } = config.orderer;
  if (consenters.length === 0) {
    throw new OrderingError(
      "not_raft",
      `channel ${config.channelId} is ordered by "${consensusType}", not by Raft`,
    );
  }
  const tlsRootsPem = organizations.flatMap((organization) => organization.tlsRootsPem);
  return consenters.map(({ host, port, clientTlsCertPem, serverTlsCertPem }, place) => {
    const address = host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
    const raftId = consenterIds[place];
    assert(raftId !== undefined, "every consenter has a raft id");
    return { raftId, address, clientTlsCertPem, serverTlsCertPem, tlsRootsPem };
  });
}

/** The member whose server certificate has the public key of this node's (PEM or DER); `undefined` when none has. */
export function raftIdIn(
  members: readonly ClusterMember[],
  serverTlsCert: Uint8Array,
): number | undefined {
  const own = publicKeyOf(serverTlsCert);
  return members.find(({ serverTlsCertPem }) => publicKeyOf(serverTlsCertPem) === own)?.raftId;
}

/**
 * Whether the channel's configuration names this node, by the public key of its TLS server certificate (PEM or DER), among
 * the consenters. Throws `OrderingError` ("not_raft").
 */
export function isConsenterOf(config: ChannelConfig, serverTlsCert: Uint8Array): boolean {
  return raftIdIn(membersOf(config), serverTlsCert) !== undefined;
}

/** As `isConsenterOf` for one node's certificate. Certificates are parsed for it: once for each configuration. */
export class OwnNaming {
  readonly #serverTlsCert: Uint8Array;
  #newest: { readonly config: ChannelConfig; readonly isNamed: boolean } | undefined;

  constructor(serverTlsCert: Uint8Array) {
    this.#serverTlsCert = serverTlsCert;
  }

  isIn(config: ChannelConfig): boolean {
    if (this.#newest?.config !== config) {
      this.#newest = { config, isNamed: isConsenterOf(config, this.#serverTlsCert) };
    }
    return this.#newest.isNamed;
  }
}
