/** Certificates and what is made of them. */
import {
  CURVES,
  CryptoError,
  certificateSpkiDer,
  decodePem,
  encodePem,
  parseCertificate,
  parsePublicKey,
  parseRevocationList,
} from "../../../src/crypto/index.ts";
import { canonicalLowS } from "../../../src/crypto/ecdsa-signature.ts";
import { equalBytes, utf8 } from "../../../src/kernel/bytes.ts";
import { Msp, MspError } from "../../../src/msp/index.ts";
import {
  FabricMSPConfig,
  SerializedIdentity,
  decode,
  encode,
  tryDecode,
} from "../../../src/wire/index.ts";
import { revoke } from "../../unit/crypto/revoke.ts";
import { mustHold, unlessRefused, type Entry } from "../entry.ts";
import type { FuzzedChannel } from "./fuzzed-channel.ts";

export async function identityEntries(channel: FuzzedChannel): Promise<readonly Entry[]> {
  const { org1 } = channel;
  const { idBytes: pem } = decode(SerializedIdentity, org1.client.identity);
  const der = decodePem(pem)!.bytes;
  const crl = await revoke(org1.authority, ["0aff", "8001"]);
  const config = { ...org1.mspConfig, admins: [pem], revocationList: [crl] };
  return [
    identity(channel),
    organization([encode(FabricMSPConfig, org1.mspConfig), encode(FabricMSPConfig, config)]),
    {
      name: "certificate",
      form: "bytes",
      samples: [der, org1.authority.certificate.der],
      take: (input) => unlessRefused([CryptoError], () => parseCertificate(input)),
    },
    {
      name: "certificate in PEM",
      form: "text",
      samples: [pem, org1.authority.certificatePem],
      take: (input) => unlessRefused([CryptoError], () => parseCertificate(input)),
    },
    {
      name: "PEM",
      form: "text",
      samples: [pem, encodePem("PRIVATE KEY", utf8("key")), crl],
      take: (input) => decodePem(input) !== undefined,
    },
    {
      name: "revocation list",
      form: "bytes",
      samples: [decodePem(crl)!.bytes],
      take: (input) => unlessRefused([CryptoError], () => parseRevocationList(input)),
    },
    {
      name: "public key",
      form: "bytes",
      samples: [certificateSpkiDer(der)],
      take: (input) => unlessRefused([CryptoError], () => parsePublicKey(input)),
    },
    await signature(channel),
  ];
}

/** No change of an identity is a member, but of what its issuer has not signed. */
function identity({ strict, org1, org2 }: FuzzedChannel): Entry {
  const samples = [org1.client.identity, org2.peer.identity];
  const certificates = samples.map((each) => decode(SerializedIdentity, each).idBytes);
  const known = certificates.map((each) => decodePem(each)!.bytes);
  return {
    name: "identity",
    form: "wire",
    samples,
    take: (input) => {
      if (!strict.mspManager.identity(input).ok) return false;
      const { idBytes } = tryDecode(SerializedIdentity, input)!;
      const der = decodePem(idBytes)!.bytes;
      mustHold(
        known.some((each) => equalBytes(each, der)),
        "a certificate is believed that no authority has issued",
      );
      return true;
    },
  };
}

function organization(samples: readonly Uint8Array[]): Entry {
  return {
    name: "configuration of an organisation",
    form: "wire",
    samples,
    share: 0.3,
    take: (input) => {
      const config = tryDecode(FabricMSPConfig, input);
      return config !== undefined && unlessRefused([MspError], () => Msp.fromConfig(config));
    },
  };
}

async function signature({ org1 }: FuzzedChannel): Promise<Entry> {
  const samples = [await org1.client.sign(utf8("a")), await org1.client.sign(utf8("b"))];
  const curve = CURVES.find(({ name }) => name === "P-256")!;
  return {
    name: "signature",
    form: "bytes",
    samples,
    take: (input) => {
      const canonical = canonicalLowS(input, curve);
      if (canonical === undefined) return false;
      const again = canonicalLowS(canonical, curve);
      mustHold(again !== undefined && equalBytes(again, canonical), "it has two canonical forms");
      return true;
    },
  };
}
