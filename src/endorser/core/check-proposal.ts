import { HeaderType, transactionId } from "../../wire/index.ts";
import type { UnpackedProposal } from "./unpack-proposal.ts";

/** What is wrong with a proposal's headers, in Fabric's words and order; undefined when nothing is. */
export function proposalFault(proposal: UnpackedProposal): string | undefined {
  const { channelHeader, signatureHeader, txId, signed } = proposal;
  if (!isProposable(channelHeader.type)) {
    return `invalid header type ${headerTypeName(channelHeader.type)}`;
  }
  if (channelHeader.epoch !== 0) return "epoch is non-zero";
  if (signatureHeader.nonce.length === 0) return "nonce is empty";
  if (signatureHeader.creator.length === 0) return "creator is empty";
  const expected = transactionId(signatureHeader.nonce, signatureHeader.creator);
  if (txId !== expected) return `incorrectly computed txid '${txId}' -- expected '${expected}'`;
  if (signed.signature.length === 0) return "empty signature bytes";
  return undefined;
}

// Fabric lets CONFIG through as well; nothing here tells it from a transaction.
function isProposable(type: number): boolean {
  return type === HeaderType.ENDORSER_TRANSACTION || type === HeaderType.CONFIG;
}

function headerTypeName(type: number): string {
  const named = Object.entries(HeaderType).find(([, value]) => value === type);
  return named?.[0] ?? String(type);
}
