import { sha256 } from "../crypto/index.ts";
import { EMPTY_BYTES } from "../kernel/bytes.ts";
import type { Random } from "../kernel/ports/random.ts";
import type { Signer } from "../kernel/ports/signer.ts";
import {
  ChannelHeader,
  HeaderType,
  Payload,
  SeekInfo,
  SignatureHeader,
  encode,
  timestampFromMs,
  type Envelope,
} from "../wire/index.ts";

const NONCE_BYTES = 24;

/** What goes into a signed request for blocks. */
export interface SeekEnvelopeFields {
  readonly channelId: string;
  readonly seek: SeekInfo;
  readonly nowMs: number;
  /** DER of the certificate that this end presents in TLS. */
  readonly tlsCertificate: Uint8Array | undefined;
}

/** A request for blocks, signed. */
export async function seekEnvelope(
  signer: Signer,
  random: Random,
  fields: SeekEnvelopeFields,
): Promise<Envelope> {
  const channelHeader = encode(ChannelHeader, {
    type: HeaderType.DELIVER_SEEK_INFO,
    version: 0,
    timestamp: timestampFromMs(fields.nowMs),
    channelId: fields.channelId,
    txId: "",
    epoch: 0,
    extension: EMPTY_BYTES,
    tlsCertHash: fields.tlsCertificate === undefined ? EMPTY_BYTES : sha256(fields.tlsCertificate),
  });
  const signatureHeader = encode(SignatureHeader, {
    creator: signer.identity,
    nonce: random.bytes(NONCE_BYTES),
  });
  const payload = encode(Payload, {
    header: { channelHeader, signatureHeader },
    data: encode(SeekInfo, fields.seek),
  });
  return { payload, signature: await signer.sign(payload) };
}
