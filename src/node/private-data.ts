/** Connects private data: endorsement and commits at the one end, gossip at the other. */
import {
  heldSets,
  keepPushedSet,
  PrivateGatherer,
  PrivateReconciler,
  type GossipService,
  type PrivateDataPort,
  type PrivateHoldings,
} from "../../gossip/service/index.ts";
import { collectionTerms, type CollectionTerms, type StateReader } from "../chaincode/index.ts";
import type { ChannelConfig } from "../channel/index.ts";
import type { Signer } from "../kernel/ports/signer.ts";
import type { Ledger, TransientStore } from "../ledger/index.ts";
import type { PeerWorld } from "./world.ts";

interface Place {
  readonly namespace: string;
  readonly collection: string;
}

/** What private data needs of a channel. */
interface PrivateChannel extends PrivateHoldings {
  readonly channelId: string;
  readonly ledger: Ledger;
  readonly transient: TransientStore;
  readonly config: { current(): ChannelConfig };
}

/** Whether the owner of `identity` may hold a collection's private values, by the definitions in `state`. */
export function isCollectionMember(
  state: Pick<StateReader, "getState">,
  config: ChannelConfig,
  place: Place,
  { mspId, identity }: Pick<Signer, "mspId" | "identity">,
): boolean {
  const result = config.mspManager.identity(identity);
  const terms = collectionTerms(state, config, place, mspId);
  return result.ok && terms !== undefined && terms.isMember(result.identity);
}

/** Private data of the joined channels as gossip sees it. */
export function privateDataPort(
  signer: Pick<Signer, "mspId">,
  joined: (channelId: string) => PrivateChannel,
): PrivateDataPort {
  const { mspId } = signer;
  const termsOf = (channelId: string, place: Place): CollectionTerms | undefined => {
    const { ledger, config } = joined(channelId);
    const state = ledger.query();
    try {
      return collectionTerms(state, config.current(), place, mspId);
    } finally {
      state.close();
    }
  };
  return {
    terms: termsOf,
    isMember: (channelId, place, serialized) => {
      const result = joined(channelId).config.current().mspManager.identity(serialized);
      return result.ok && termsOf(channelId, place)?.isMember(result.identity) === true;
    },
    keep: (set) => keepPushedSet(joined(set.channelId), set),
    read: (channelId, digest) => heldSets(joined(channelId), digest),
  };
}

/** Fetches a channel's private data from its peers: at each commit, and afterwards in the background, of which `onReconciled` is told. */
export function fetchPrivateData(
  channel: PrivateChannel,
  gossip: GossipService,
  world: PeerWorld,
  onReconciled: () => void,
): { readonly gatherer: PrivateGatherer; readonly reconciler: PrivateReconciler } {
  const { channelId, ledger, transient } = channel;
  const logger = world.logger.child("private-data", { channel: channelId });
  const deps = { ...world, logger, ledger, exchange: gossip.privateExchange };
  return {
    gatherer: new PrivateGatherer({ ...deps, transient }, { channelId }),
    reconciler: new PrivateReconciler({ ...deps, onReconciled }, { channelId }),
  };
}
