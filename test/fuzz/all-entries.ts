import type { Entry } from "./entry.ts";
import { chaincodeEntries } from "./entries/chaincode-entries.ts";
import { diskEntries } from "./entries/disk-entries.ts";
import { fuzzedChannel } from "./entries/fuzzed-channel.ts";
import { gossipEntries } from "./entries/gossip-entries.ts";
import { identityEntries } from "./entries/identity-entries.ts";
import { operatorEntries } from "./entries/operator-entries.ts";
import { orderingEntries } from "./entries/ordering-entries.ts";
import { peerEntries } from "./entries/peer-entries.ts";
import { policyEntries } from "./entries/policy-entries.ts";

/** Every place, ready to be given inputs. */
export async function allEntries(): Promise<readonly Entry[]> {
  const channel = await fuzzedChannel();
  return [
    ...(await orderingEntries(channel)),
    ...(await peerEntries(channel)),
    ...(await gossipEntries(channel)),
    ...(await diskEntries(channel)),
    ...(await identityEntries(channel)),
    ...policyEntries(),
    ...(await chaincodeEntries()),
    ...(await operatorEntries(channel)),
  ];
}
