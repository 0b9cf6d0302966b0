import {
  type ChannelConfig,
  ChannelError,
  configEnvelopeFault,
  transitionFault,
  type ConfigUpdateRequest,
} from "../../channel/index.ts";
import type { PolicyIdentity } from "../../policy/index.ts";
import { TxValidationCode, type ConfigEnvelope } from "../../wire/index.ts";
import type { Dispatch } from "./dispatch.ts";
import { markDuplicateIds, type JudgedTransaction } from "./duplicate-ids.ts";
import type { EndorsementRules } from "./endorsement-rules.ts";
import { NamespaceJudge } from "./namespace-judge.ts";
import type { WrittenKey } from "./written-namespaces.ts";

/** A transaction whose form and signatures have been looked at. */
export type VerifiedTransaction =
  | { readonly kind: "refused"; readonly code: TxValidationCode }
  | {
      readonly kind: "config";
      readonly channelId: string;
      readonly content: ConfigEnvelope;
      readonly update: ConfigUpdateRequest;
      /** Who signed the update, each once, in the order of the signatures. */
      readonly signers: readonly PolicyIdentity[];
    }
  | {
      readonly kind: "endorsed";
      readonly txId: string;
      readonly dispatch: Dispatch;
      /** Who endorsed it, each once, in the order of the endorsements. */
      readonly endorsers: readonly PolicyIdentity[];
    };

/** The channel as of the block before. */
export interface JudgingContext {
  readonly config: ChannelConfig;
  hasTransaction(txId: string): boolean;
  /** By the same configuration, and the definitions before the block. */
  readonly rules: EndorsementRules;
  /** Marshalled `SignaturePolicyEnvelope` in the key's metadata; undefined where the key has none of its own. */
  keyPolicyOf(namespace: string, key: WrittenKey): Uint8Array | undefined;
}

/** The codes of a block's transactions, and the configuration that a valid configuration transaction brings. */
export interface BlockJudgement {
  readonly codes: readonly TxValidationCode[];
  readonly nextConfig: ChannelConfig | undefined;
}

/** Judges a block whose signatures have been verified under `context.config`. Deterministic; throws only what `context`
 * throws, and `ChannelError` ("unsupported-capability"). */
export function judgeBlock(
  transactions: readonly VerifiedTransaction[],
  context: JudgingContext,
): BlockJudgement {
  const judge = new NamespaceJudge(context.rules, (namespace, key) =>
    context.keyPolicyOf(namespace, key),
  );
  let nextConfig: ChannelConfig | undefined;
  const judged = transactions.map((transaction): JudgedTransaction => {
    switch (transaction.kind) {
      case "refused":
        return { txId: "", code: transaction.code };
      case "config":
        // Ordering gives each configuration a block of its own.
        if (transactions.length === 1) nextConfig = readNextConfig(transaction, context.config);
        return {
          txId: "",
          code: nextConfig === undefined ? INVALID_CONFIG : TxValidationCode.VALID,
        };
      case "endorsed":
        return { txId: transaction.txId, code: judgeEndorsed(transaction, context, judge) };
    }
  });
  return { codes: markDuplicateIds(judged), nextConfig };
}

const INVALID_CONFIG = TxValidationCode.INVALID_CONFIG_TRANSACTION;

function judgeEndorsed(
  transaction: VerifiedTransaction & { readonly kind: "endorsed" },
  context: JudgingContext,
  judge: NamespaceJudge,
): TxValidationCode {
  if (context.hasTransaction(transaction.txId)) return TxValidationCode.DUPLICATE_TXID;
  const { dispatch, endorsers } = transaction;
  if (dispatch.kind === "refused") return dispatch.code;
  for (const writes of dispatch.namespaces) {
    const code = judge.judge(writes, endorsers);
    if (code !== TxValidationCode.VALID) return code;
  }
  return TxValidationCode.VALID;
}

/**
 * Fabric: the configuration must be what its own update, signed by those whom the changed elements name, makes of the
 * current one, and must be one that may follow it. Throws `ChannelError` ("unsupported-capability") for a configuration
 * that other peers may take: this one cannot go on.
 */
function readNextConfig(
  transaction: VerifiedTransaction & { readonly kind: "config" },
  current: ChannelConfig,
): ChannelConfig | undefined {
  const { channelId, content, update, signers } = transaction;
  if (channelId !== current.channelId || content.config === undefined) return undefined;
  if (configEnvelopeFault(current, content, update, signers) !== undefined) return undefined;
  try {
    const next = current.successor(content.config);
    return transitionFault(current, next) === undefined ? next : undefined;
  } catch (error) {
    if (error instanceof ChannelError && error.code === "invalid-config") return undefined;
    throw error;
  }
}
