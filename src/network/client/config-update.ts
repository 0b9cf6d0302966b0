/** Makes and signs updates of a channel's configuration. */
import { computeConfigUpdate, type ChannelConfig } from "../../channel/index.ts";
import { assert } from "../../kernel/assert.ts";
import { concatBytes } from "../../kernel/bytes.ts";
import type { Signer } from "../../kernel/ports/signer.ts";
import {
  ChannelHeader,
  Config,
  ConfigUpdate,
  ConfigUpdateEnvelope,
  Envelope,
  HeaderType,
  Payload,
  SignatureHeader,
  create,
  decode,
  encode,
  timestampFromMs,
  type ConfigGroup,
} from "../../wire/index.ts";
import { signEnvelope, type ProposalSource } from "./proposal.ts";

const NONCE_BYTES = 24;

/** The update that does to `config` what `change` does to its tree; `undefined` when that is nothing. */
export function configUpdateOf(
  config: ChannelConfig,
  change: (root: ConfigGroup) => void,
): ConfigUpdate | undefined {
  const { channelGroup: before } = config.config;
  const { channelGroup: after } = decode(Config, encode(Config, config.config));
  assert(before !== undefined && after !== undefined, "a configuration in force has a tree");
  change(after);
  return computeConfigUpdate(config.channelId, before, after);
}

/** The marshalled CONFIG_UPDATE envelope, signed by who sends it and by `others`. */
export async function signedConfigUpdate(
  { signer, clock, random }: ProposalSource,
  update: ConfigUpdate,
  others: readonly Signer[] = [],
): Promise<Uint8Array> {
  const header = ({ identity }: Signer): Uint8Array =>
    encode(SignatureHeader, { creator: identity, nonce: random.bytes(NONCE_BYTES) });
  const configUpdate = encode(ConfigUpdate, update);
  const signatures = await Promise.all(
    [signer, ...others].map(async (each) => {
      const signatureHeader = header(each);
      const signature = await each.sign(concatBytes(signatureHeader, configUpdate));
      return { signatureHeader, signature };
    }),
  );
  const channelHeader = create(ChannelHeader, {
    type: HeaderType.CONFIG_UPDATE,
    timestamp: timestampFromMs(clock.wallMs()),
    channelId: update.channelId,
  });
  const payload = encode(Payload, {
    header: {
      channelHeader: encode(ChannelHeader, channelHeader),
      signatureHeader: header(signer),
    },
    data: encode(ConfigUpdateEnvelope, { configUpdate, signatures }),
  });
  return encode(Envelope, await signEnvelope(signer, { payload, signature: new Uint8Array(0) }));
}
