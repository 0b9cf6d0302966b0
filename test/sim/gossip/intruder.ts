/** A peer with a valid identity that says whatever a test wants it to. */
import { sha256 } from "../../../src/crypto/index.ts";
import { EMPTY_BYTES } from "../../../src/kernel/bytes.ts";
import { serveStream, type RpcStream } from "../../../src/kernel/ports/rpc.ts";
import type { Signer } from "../../../src/kernel/ports/signer.ts";
import {
  GossipDefinition,
  GossipMessage,
  GossipMessage_Tag as Tag,
  create,
  decode,
  encode,
  methodOf,
  type GossipEnvelope,
} from "../../../src/wire/index.ts";
import { pkiIdOf } from "../../../gossip/service/peer-identity.ts";
import { CHANNEL, addressOf, certificateOf, type SimPeer, type World } from "./world.ts";

export type Content = NonNullable<GossipMessage["content"]>;

export interface Saying {
  readonly tag: Tag;
  readonly channel?: string;
  readonly nonce?: string;
}

export class Intruder {
  readonly signer: Signer;
  readonly pkiId: Uint8Array;
  /** What the victim has said, its proof excepted. */
  readonly heard: GossipMessage[] = [];
  readonly #world: World;
  readonly #victim: SimPeer;
  readonly #name: string;
  readonly #stream: RpcStream<GossipEnvelope, GossipEnvelope>;
  isCut = false;

  private constructor(world: World, victim: SimPeer, signer: Signer, name: string) {
    this.#world = world;
    this.#victim = victim;
    this.#name = name;
    this.signer = signer;
    this.pkiId = pkiIdOf(signer.identity)!;
    world.network.listen(addressOf(name), [], certificateOf(name));
    const channel = world.network
      .dialer(addressOf(name), certificateOf(name))
      .dial({ address: victim.address });
    this.#stream = channel.stream(methodOf(GossipDefinition, "gossipStream"));
  }

  /** Connects to `victim` as a peer of `mspId`. */
  static async connect(world: World, victim: SimPeer, mspId: string): Promise<Intruder> {
    const name = `intruder-${mspId}`;
    const intruder = new Intruder(world, victim, world.authority.enroll(mspId, name), name);
    await intruder.#stream.send(await intruder.#proof(certificateOf(name)));
    void intruder.#listen();
    await world.time.pass(100);
    return intruder;
  }

  /** How often the victim has refused something for `reason`. */
  refusals(reason: string): number {
    return this.#victim.meter.sum("gossip_comm_messages_refused", reason);
  }

  /** Sends an unsigned message and lets it take effect. */
  async say(content: Content, saying: Saying): Promise<void> {
    await this.sendRaw(unsigned(content, saying));
  }

  async sendRaw(envelope: GossipEnvelope): Promise<void> {
    await this.#stream.send(envelope);
    await this.#world.time.pass(20);
  }

  /** A message signed by this peer. */
  async signed(content: Content, saying: Saying): Promise<GossipEnvelope> {
    const { payload } = unsigned(content, saying);
    return { payload, signature: await this.signer.sign(payload), secretEnvelope: undefined };
  }

  /** Ends its stream. From now on it proves who it is to whoever dials, and hangs up. */
  turnAway(onDial: () => void): void {
    this.#stream.cancel();
    const method = methodOf(GossipDefinition, "gossipStream");
    const certificate = certificateOf(this.#name);
    const binding = serveStream(method, async (_requests, send) => {
      onDial();
      await send(await this.#proof(certificate));
    });
    this.#world.network.listen(addressOf(this.#name), [binding], certificate);
  }

  #proof(certificate: Uint8Array): Promise<GossipEnvelope> {
    const value = {
      pkiId: this.pkiId,
      identity: this.signer.identity,
      tlsCertHash: sha256(certificate),
      probe: false,
    };
    return this.signed({ $case: "conn", value }, { tag: Tag.EMPTY });
  }

  async #listen(): Promise<void> {
    try {
      for await (const { payload } of this.#stream.responses) {
        const message = decode(GossipMessage, payload);
        if (message.content?.$case !== "conn") this.heard.push(message);
      }
    } catch {
      this.isCut = true;
    }
  }
}

export const IN_CHANNEL: { readonly channel: string } = { channel: CHANNEL };

export function unsigned(content: Content, saying: Saying): GossipEnvelope {
  const { tag, channel = "", nonce = "0" } = saying;
  const fields = { tag, nonce, channel: new TextEncoder().encode(channel), content };
  const payload = encode(GossipMessage, create(GossipMessage, fields));
  return { payload, signature: EMPTY_BYTES, secretEnvelope: undefined };
}
