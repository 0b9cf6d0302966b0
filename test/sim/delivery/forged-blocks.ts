import { BlockVerifier } from "../../../src/delivery/index.ts";
import { concatBytes } from "../../../src/kernel/bytes.ts";
import type { Random } from "../../../src/kernel/ports/random.ts";
import { blockDataHash, blockHeaderHash, type Block } from "../../../src/wire/index.ts";
import { blockAfter, signedBlock } from "../../support/sample-blocks.ts";
import { sampleChannel, type SampleChannel } from "../../support/sample-channel.ts";
import { sampleTransaction } from "../../support/sample-transactions.ts";

interface Material {
  readonly channel: SampleChannel;
  /** Of the same names, with other keys. */
  readonly stranger: SampleChannel;
  readonly genuine: Block;
  readonly other: Block;
}

const OTHER_SEED = 8;

const material: Promise<Material> = makeMaterial();

/** Each changes a genuine block so that no orderer of the channel has made it as the successor of the one before. */
const FORGERIES: Readonly<Record<string, (material: Material) => Promise<Block>>> = {
  "other data": ({ genuine, other }) => Promise.resolve({ ...genuine, data: other.data }),
  "other data under its hash": ({ genuine, other }) => {
    const dataHash = blockDataHash(other.data!.data);
    return Promise.resolve({
      ...genuine,
      data: other.data,
      header: { ...genuine.header!, dataHash },
    });
  },
  "another predecessor": ({ channel, genuine }) => {
    const header = { ...genuine.header!, previousHash: new Uint8Array(32) };
    return signedBlock({ ...genuine, header }, channel.ordererOrg.orderer);
  },
  "another number": ({ channel, genuine }) =>
    signedBlock(
      { ...genuine, header: { ...genuine.header!, number: 7 } },
      channel.ordererOrg.orderer,
    ),
  "no signature": ({ channel, genuine }) =>
    Promise.resolve(blockAfter(channel.genesis, genuine.data!.data)),
  "a stranger's signature": ({ stranger, genuine }) =>
    signedBlock(genuine, stranger.ordererOrg.orderer),
  "a peer's signature": ({ channel, genuine }) => signedBlock(genuine, channel.org1.peer),
  "a transaction with a tail": ({ channel, genuine }) => {
    const data = genuine.data!.data.map((bytes) => concatBytes(bytes, Uint8Array.of(0x7a, 0)));
    return signedBlock(blockAfter(channel.genesis, data), channel.ordererOrg.orderer);
  },
};

/** The genuine block is believed, a forged one is not. */
export async function judgeForgeries(random: Random): Promise<void> {
  const made = await material;
  const { channel, genuine } = made;
  const verifier = new BlockVerifier({ current: () => channel.config });
  const expected = { number: 1, previousHash: blockHeaderHash(channel.genesis.header!) };
  const verdict = await verifier.verify(genuine, expected);
  if (!verdict.ok) throw new Error(`a genuine block is refused: ${verdict.reason}`);
  const names = Object.keys(FORGERIES);
  const name = names[random.below(names.length)]!;
  const forged = await FORGERIES[name]!(made);
  if ((await verifier.verify(forged, expected)).ok)
    throw new Error(`believes a block with ${name}`);
}

async function makeMaterial(): Promise<Material> {
  const [channel, stranger] = await Promise.all([sampleChannel(), sampleChannel({}, OTHER_SEED)]);
  const signed = async (nonce: string): Promise<Block> => {
    const envelope = await sampleTransaction({
      creator: channel.org1.client,
      endorsers: [],
      nonce,
    });
    return signedBlock(blockAfter(channel.genesis, [envelope]), channel.ordererOrg.orderer);
  };
  return { channel, stranger, genuine: await signed("1"), other: await signed("2") };
}
