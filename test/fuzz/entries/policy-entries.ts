/** Policies, as text and as messages. */
import { utf8, utf8DecodeLeniently } from "../../../src/kernel/bytes.ts";
import {
  PolicyError,
  compileSignaturePolicy,
  decodeApplicationPolicy,
  encodePolicyReference,
  encodeSignaturePolicy,
  formatPolicy,
  parseImplicitMeta,
  parsePolicy,
  principalSets,
} from "../../../src/policy/index.ts";
import { SignaturePolicyEnvelope, encode, tryDecode } from "../../../src/wire/index.ts";
import { mustHold, unlessRefused, type Entry } from "../entry.ts";

const TEXTS = [
  "AND('Org1MSP.peer', 'Org2MSP.peer')",
  "OR('Org1MSP.admin', AND('Org2MSP.member', 'Org3MSP.client'))",
  "OutOf(2, 'Org1MSP.peer', 'Org2MSP.peer', OR('Org3MSP.orderer', 'Org4.MSP.peer'))",
];

export function policyEntries(): readonly Entry[] {
  const envelopes = TEXTS.map((text) => encode(SignaturePolicyEnvelope, parsePolicy(text)));
  return [
    {
      name: "policy text",
      form: "text",
      samples: TEXTS.map(utf8),
      take: (input) =>
        unlessRefused([PolicyError], () => {
          readAndWrite(utf8DecodeLeniently(input));
        }),
    },
    {
      name: "signature policy",
      form: "wire",
      samples: envelopes,
      take: (input) => {
        const envelope = tryDecode(SignaturePolicyEnvelope, input);
        return (
          envelope !== undefined &&
          unlessRefused([PolicyError], () => {
            use(envelope);
          })
        );
      },
    },
    {
      name: "application policy",
      form: "wire",
      samples: [
        encodePolicyReference("Endorsement"),
        encodeSignaturePolicy(parsePolicy("OR('Org1MSP.peer')")),
      ],
      take: (input) => unlessRefused([PolicyError], () => decodeApplicationPolicy(input)),
    },
    {
      name: "implicit policy text",
      form: "text",
      samples: ["ANY Readers", "MAJORITY Admins"].map(utf8),
      take: (input) =>
        unlessRefused([PolicyError], () => parseImplicitMeta(utf8DecodeLeniently(input))),
    },
  ];
}

// A text that was understood says the same when it is written.
function readAndWrite(text: string): void {
  const policy = parsePolicy(text);
  const written = formatPolicy(policy);
  mustHold(formatPolicy(parsePolicy(written)) === written, "a policy changes when it is written");
}

function use(envelope: SignaturePolicyEnvelope): void {
  compileSignaturePolicy(envelope).evaluate([]);
  principalSets(envelope);
}
