/** Transactions for the orderers of an `OrderingNetwork`, and changes of who its consenters are. */
import type { BroadcastResponse, Envelope, EtcdraftConsenter } from "../../../src/wire/index.ts";
import { changeConsenters, updateEnvelope, updateOf } from "../../support/sample-updates.ts";
import { until, type OrderingNetwork, type TestOrderer } from "./ordering-network.ts";

/** Sends one envelope to one orderer. */
export async function send(
  network: OrderingNetwork,
  orderer: TestOrderer,
  envelope: Envelope,
): Promise<BroadcastResponse> {
  const client = network.broadcaster(orderer);
  try {
    await client.stream.send(envelope);
    const { value } = (await client.responses.next()) as { value: BroadcastResponse };
    return value;
  } finally {
    client.close();
  }
}

type Change = (consenters: readonly EtcdraftConsenter[]) => EtcdraftConsenter[];

/** Has one orderer order other consenters. */
export async function reconfigure(
  network: OrderingNetwork,
  orderer: TestOrderer,
  change: Change,
): Promise<BroadcastResponse> {
  const update = updateOf(orderer.orderer.config.current(), (root) => {
    changeConsenters(root, change);
  });
  return send(network, orderer, await updateEnvelope(update, [network.client]));
}

/** The change that takes `consenter` away. */
export function without(consenter: EtcdraftConsenter): Change {
  const { clientTlsCert } = consenter;
  return (consenters) =>
    consenters.filter((each) => each.clientTlsCert.join() !== clientTlsCert.join());
}

export function votersOf(orderer: TestOrderer): readonly number[] {
  return orderer.orderer.replica.status().configuration.voters;
}

/** Resolves when all of them know these members. */
export async function haveVoters(
  orderers: readonly TestOrderer[],
  ids: readonly number[],
): Promise<void> {
  await until(() =>
    orderers.every((each) => each.isUp && votersOf(each).join() === ids.join()) ? true : undefined,
  );
}

/** Have the same number of blocks. */
export async function areLevel(...orderers: readonly TestOrderer[]): Promise<void> {
  await until(() => {
    const heights = orderers.map((each) => (each.isUp ? each.orderer.blocks.height : -1));
    return new Set(heights).size === 1 && heights[0] !== -1 ? true : undefined;
  });
}
