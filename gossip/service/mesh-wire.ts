import { EMPTY_BYTES } from "../../src/kernel/bytes.ts";
import {
  GossipMessage_Tag as Tag,
  PullMsgType,
  type GossipEnvelope,
} from "../../src/wire/index.ts";
import type { MeshMessage, ProbeMessage } from "../core/index.ts";
import { toEnvelope, unsignedEnvelope, type GossipContent } from "./gossip-message.ts";
import { pkiIdOfPeer } from "./peer-identity.ts";
import { knownBytes, probeBytes } from "./probe-wire.ts";

const msgType = PullMsgType.IDENTITY_MSG;

/** The envelope of a mesh message. */
export function meshEnvelope(message: MeshMessage): GossipEnvelope {
  switch (message.kind) {
    case "alive":
      return toEnvelope(message.sealed);
    case "membership-request": {
      const selfInformation = toEnvelope(message.self);
      const known = message.known === undefined ? [] : [knownBytes(message.known)];
      return open({ $case: "memReq", value: { selfInformation, known } }, message.nonce);
    }
    case "news": {
      const alive = message.alive.map(toEnvelope);
      return open({ $case: "memRes", value: { alive, dead: [] } });
    }
    case "probe":
    case "ack":
    case "probe-request":
    case "nack":
    case "accusations":
      return probeEnvelope(message);
    case "membership-response": {
      const alive = message.alive.map(toEnvelope);
      const dead = message.dead.map(toEnvelope);
      return open({ $case: "memRes", value: { alive, dead } }, message.nonce);
    }
    case "identity-hello":
      return open({
        $case: "hello",
        value: { nonce: message.nonce, metadata: EMPTY_BYTES, msgType },
      });
    case "identity-digest": {
      const digests = message.peers.map(pkiIdOfPeer);
      return open({ $case: "dataDig", value: { nonce: message.nonce, digests, msgType } });
    }
    case "identity-request": {
      const digests = message.peers.map(pkiIdOfPeer);
      return open({ $case: "dataReq", value: { nonce: message.nonce, digests, msgType } });
    }
    case "identity-update": {
      const data = message.identities.map(toEnvelope);
      return open({ $case: "dataUpdate", value: { nonce: message.nonce, data, msgType } });
    }
  }
}

function probeEnvelope(message: ProbeMessage): GossipEnvelope {
  const nonce = message.kind === "accusations" ? "0" : message.nonce;
  const value = { nonce, metadata: probeBytes(message), msgType: PullMsgType.UNDEFINED };
  return open({ $case: "hello", value });
}

function open(content: GossipContent, nonce = "0"): GossipEnvelope {
  return unsignedEnvelope({ content, tag: Tag.EMPTY, nonce });
}
