import { concatBytes } from "../kernel/bytes.ts";
import { errorMessage } from "../kernel/error.ts";
import type { SignedData } from "../msp/index.ts";
import {
  ConfigUpdate,
  ConfigUpdateEnvelope,
  HeaderType,
  SignatureHeader,
  decode,
  openEnvelope,
  tryDecode,
  type Envelope,
} from "../wire/index.ts";
import { SIGNED_UPDATE_BYTES_MAX } from "./limits.ts";

/** A configuration update as a client sent it, read but not judged. */
export interface ConfigUpdateRequest {
  /** As it came: it stands in the configuration block, for everyone to check again. */
  readonly envelope: Envelope;
  readonly update: ConfigUpdate;
  /** What its signers signed, to be verified by the caller. Fabric: the signature of the envelope itself is not among them. */
  readonly signedData: readonly SignedData[];
}

/** What `readConfigUpdate` answers; the reason is for the client. */
export type ConfigUpdateReading =
  | { readonly ok: true; readonly request: ConfigUpdateRequest }
  | { readonly ok: false; readonly reason: string };

/** Reads an envelope of type CONFIG_UPDATE. */
export function readConfigUpdate(envelope: Envelope): ConfigUpdateReading {
  const reading = openEnvelope(envelope);
  if (reading.kind === "malformed") return refused(`malformed ${reading.defect}`);
  const { channelHeader, payload } = reading.opened;
  if (channelHeader.type !== HeaderType.CONFIG_UPDATE) {
    return refused(`invalid type ${channelHeader.type}, expected CONFIG_UPDATE`);
  }
  const signed = tryDecode(ConfigUpdateEnvelope, payload.data);
  if (signed === undefined) return refused("error unmarshalling message of type CONFIG_UPDATE");
  return readSigned(envelope, signed);
}

function readSigned(envelope: Envelope, signed: ConfigUpdateEnvelope): ConfigUpdateReading {
  let update: ConfigUpdate;
  try {
    update = decode(ConfigUpdate, signed.configUpdate);
  } catch (error) {
    return refused(`error unmarshalling ConfigUpdate: ${errorMessage(error)}`);
  }
  const signedData = readSignatures(signed);
  if ("reason" in signedData) return refused(signedData.reason);
  return { ok: true, request: { envelope, update, signedData } };
}

function readSignatures({
  configUpdate,
  signatures,
}: ConfigUpdateEnvelope): readonly SignedData[] | { readonly reason: string } {
  if (signatures.length * configUpdate.length > SIGNED_UPDATE_BYTES_MAX) {
    return {
      reason: `${signatures.length} signatures are too many for an update of ${configUpdate.length} bytes`,
    };
  }
  const signedData: SignedData[] = [];
  for (const { signatureHeader, signature } of signatures) {
    const header = tryDecode(SignatureHeader, signatureHeader);
    if (header === undefined) return { reason: "error unmarshalling SignatureHeader" };
    const data = concatBytes(signatureHeader, configUpdate);
    signedData.push({ data, identity: header.creator, signature });
  }
  return signedData;
}

function refused(reason: string): ConfigUpdateReading {
  return { ok: false, reason: `error converting envelope to config update: ${reason}` };
}
