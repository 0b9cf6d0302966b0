/** Connects the election of who delivers, which is gossip's, with pulling blocks from the orderers, which is delivery's. */
import type { GossipService } from "../../gossip/service/index.ts";
import { CutOff } from "../delivery/index.ts";
import type { PeerChannel, PeerChannelHooks } from "./peer-channel.ts";

/**
 * Pulls blocks while this peer is elected and hands them to the others; leaves that to another member while it reaches no
 * orderer.
 */
export function followElection(channel: PeerChannel, gossip: GossipService): void {
  const { channelId, ledger } = channel;
  const cutOff = new CutOff();
  const hooks: PeerChannelHooks = {
    onPulled: (number, bytes) => {
      gossip.pushBlock(channelId, { number, bytes });
    },
    onPullReport: (report) => {
      if (!cutOff.isReached(report)) return;
      gossip.reportOrdererTrouble(channelId);
      // Nothing comes of it as long as no other member is known.
      if (!gossip.isDeliverer(channelId)) cutOff.left();
    },
  };
  const follow = (isDeliverer: boolean): void => {
    void channel.pull(isDeliverer, hooks);
  };
  ledger.subscribe(() => {
    cutOff.cameBlock();
  });
  follow(gossip.isDeliverer(channelId));
  gossip.subscribeDeliverer(channelId, follow);
}
