import { readConfigUpdate, type ChannelConfig } from "../channel/index.ts";
import { assert } from "../kernel/assert.ts";
import { concatBytes } from "../kernel/bytes.ts";
import type { TransactionLayers } from "../ledger/index.ts";
import { verifySignatures } from "../msp/index.ts";
import { ConfigEnvelope, TxValidationCode, tryDecode } from "../wire/index.ts";
import { dispatch } from "./core/dispatch.ts";
import type { VerifiedTransaction } from "./core/judge-block.ts";
import {
  parseTransaction,
  type EndorsedAction,
  type ParsedTransaction,
} from "./core/parsed-transaction.ts";
import { TRANSACTIONS_VERIFIED_AT_A_TIME } from "./limits.ts";

/** A block whose transactions were read and whose signatures were verified under `config`. */
export interface VerifiedBlock {
  readonly config: ChannelConfig;
  readonly transactions: readonly VerifiedTransaction[];
}

/** Reads a block's transactions and verifies their signatures off the event loop. Needs no state. */
export async function verifyBlock(
  layers: readonly TransactionLayers[],
  config: ChannelConfig,
): Promise<VerifiedBlock> {
  const transactions: VerifiedTransaction[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    for (let index = next++; index < layers.length; index = next++) {
      const transaction = layers[index];
      assert(transaction !== undefined, "each place below the length has a transaction");
      transactions[index] = await verifyTransaction(transaction, config);
    }
  };
  const workers = Math.min(layers.length, TRANSACTIONS_VERIFIED_AT_A_TIME);
  await Promise.all(Array.from({ length: workers }, work));
  return { config, transactions };
}

async function verifyTransaction(
  layers: TransactionLayers,
  config: ChannelConfig,
): Promise<VerifiedTransaction> {
  const parsed = parseTransaction(layers);
  if (parsed.kind === "unreadable") return refused(parsed.code);
  const { body } = parsed;
  if (!(await isSignedByCreator(parsed, config)))
    return refused(TxValidationCode.BAD_CREATOR_SIGNATURE);
  switch (body.kind) {
    case "refused":
      return refused(body.code);
    case "config":
      return verifyConfig(parsed.channelHeader.channelId, body.data, config);
    case "endorsed":
      return verifyEndorsements(body.action, config);
  }
}

async function isSignedByCreator(
  transaction: ParsedTransaction & { readonly kind: "signed" },
  config: ChannelConfig,
): Promise<boolean> {
  // Fabric asks the organisations of the channel that the header names: of another channel there are none here.
  if (transaction.channelHeader.channelId !== config.channelId) return false;
  const result = config.mspManager.identity(transaction.creator);
  return result.ok && result.identity.verify(transaction.payload, transaction.signature);
}

async function verifyConfig(
  channelId: string,
  data: Uint8Array,
  { mspManager }: ChannelConfig,
): Promise<VerifiedTransaction> {
  const content = tryDecode(ConfigEnvelope, data);
  const reading = content?.lastUpdate && readConfigUpdate(content.lastUpdate);
  if (content === undefined || !reading?.ok) {
    return refused(TxValidationCode.INVALID_CONFIG_TRANSACTION);
  }
  const { request: update } = reading;
  const signers = await verifySignatures(mspManager, update.signedData);
  return { kind: "config", channelId, content, update, signers };
}

async function verifyEndorsements(
  action: EndorsedAction,
  config: ChannelConfig,
): Promise<VerifiedTransaction> {
  const dispatched = dispatch(action);
  const { txId, proposalResponsePayload, endorsements } = action;
  if (dispatched.kind === "refused") {
    return { kind: "endorsed", txId, dispatch: dispatched, endorsers: [] };
  }
  const signedData = endorsements.map(({ endorser, signature }) => ({
    data: concatBytes(proposalResponsePayload, endorser),
    identity: endorser,
    signature,
  }));
  const endorsers = await verifySignatures(config.mspManager, signedData);
  return { kind: "endorsed", txId, dispatch: dispatched, endorsers };
}

function refused(code: TxValidationCode): VerifiedTransaction {
  return { kind: "refused", code };
}
