import { blockTable, pushFixedPoint } from "./block-tables.ts";
import { detectionTable, loadTable } from "./membership-tables.ts";
import { CALM_LOSS_RATES, type ReportOptions } from "./plan.ts";
import {
  calmTable,
  healTable,
  levelTable,
  splitTable,
  stallTable,
  turmoilTable,
} from "./recovery-tables.ts";
import type { Results } from "./results.ts";
import type { Sheet } from "./sheet.ts";

export function reportOf(results: Results, sheet: Sheet, { sizes, effort }: ReportOptions): string {
  return `# Gossip in figures

Written by \`npm run gossip:report -- --sizes ${sizes.join(",")} --effort ${effort}\`; do not edit. Whole cores under virtual time; delays 1–20 ms, drawn anew for every message; losses drawn
for every message, of answers and repetitions, too. A round is 200 ms. p99 is the 99th percentile over all runs, of few runs the worst. With
more than 1,000 peers a peer looks at the clock every 100 ms instead of 50, and there is one run. What is verified and signed is taken to
succeed, and to cost no time; links have no bandwidth. **(≤ …)**: the target; a figure that misses its target is bold, and the command fails.

## Blocks

Rounds until so many peers have a block; where nothing else is said, at p99.

${blockTable(results, sheet, sizes)}

![Peers that have a block over rounds](coverage.svg)

![Rounds until all have a block](blocks.svg)

Up to seven peers: whoever brings a block from the orderers pushes it to all others. More: everybody who gets it pushes it once to three
members. That alone reaches ${(100 * pushFixedPoint()).toFixed(2)} % of a large network (the fixed point of x = 1 − e^(−3x)) within a few delays, which is less than a
round; the rest learns from the comparison of heights with one member a round. The dead are peers that nobody has missed yet: what is sent to them
is lost. Of 5 peers one is dead.

- Theory: a push with fan-out k that goes on needs log_(k+1) n + (ln n)/k rounds (Pittel 1987), a round per hop; here a hop takes a delay.
- Fabric pushes once to three peers and leaves the rest to a pull every 4 s with 1 s for digests (its \`core.yaml\`). Berendea et al., "Fair and
  Efficient Gossip in Hyperledger Fabric" (2020), 100 peers: a gossip without that tail reaches all more than ten times faster with more
  than 40 % less bandwidth.
- Plumtree (Leitão et al. 2007): nearly one copy a peer, over a tree that has to be mended when peers go; three copies need none.

## Membership

Seconds from the stop of one peer until somebody suspects it, until all others hold it for dead, and from its restart until all know it.

${detectionTable(results, sheet, sizes)}

![Peers that know of a death over time](detection.svg)

![Seconds until all know of a death](death.svg)

Two probes begin in each interval. The time to refute is memberlist's, 4 · max(1, log10 n) s, though from 20 peers on at least 9 s, so that whoever
stalls for 8 s lives; up to six times that until two others confirm the suspicion. Up to 100 peers a silent one is asked three times directly and by
three others before it is suspected, once more for each ten times as many: false suspicions of all together stay as rare.

- SWIM (Das et al. 2002): the first detection takes e/(e−1) = 1.58 probe intervals on average, at worst 2n − 1; the news λ · log n.
- Lifeguard (Dadgar et al. 2017): 50 times fewer false deaths than SWIM, and faster.
- Fabric: 25 s without a message, looked at every 2.5 s (its \`core.yaml\`: \`aliveExpirationTimeout\`).

## Load

What a peer sends: the membership, and a channel without the payloads of its blocks. The targets are what 50 peers cost, grown with log n.

${loadTable(results, sheet, sizes)}

![Messages that a peer sends in a second](load.svg)

SWIM's load for a member does not grow with the group; memberlist's adds a push-pull of the whole state every 30 s, more seldom in large groups.
Fabric tells everybody every 5 s that it is alive: what a peer sends and verifies grows with n.

## False deaths

Nobody stops; 5 to 30 peers for 30 s each time:

${calmTable(results, sheet, CALM_LOSS_RATES)}

One peer in twenty of 40 does nothing for 2 to 8 s, then another one; all look at the clock every 100 ms:

${stallTable(results, sheet)}

A false death is counted for every peer that believes in it, and of every peer. (Lifeguard's authors count those of healthy members.)

## Partitions

Halves that have given each other up hear each other again. Everybody refutes its death, so that each peer has to hear a new claim of every
member: that is the least there is to be sent, 1.0 in the last column.

${healTable(results, sheet, sizes)}

From the moment that the membership is one, half of the peers lack 1,000 blocks; nobody has heard how far the other half is, and no new block
comes.

${levelTable(results, sheet, sizes)}

![Seconds from the end of a partition](recovery.svg)

Serf looks for one of its dead every 30 s (its defaults), Fabric every 25 s; here every peer probes two a second and tells it what is held against
it.

How long it takes to give the others up, at p99 (larger networks are not simulated through it):

${splitTable(results, sizes)}

A small side doubts itself first (Lifeguard), has few to confirm a suspicion and many to suspect: it asks three members for one. A side of fewer
than three has nobody to confirm, and waits six times as long.

## Many that come and go

At 5 % loss: from the last change until everybody knows exactly who runs; what a peer sends meanwhile; deaths of peers
that never stopped.

${turmoilTable(results, sizes)}
`;
}
