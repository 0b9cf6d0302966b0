import {
  LIFECYCLE_NAMESPACE,
  readDefinition,
  type ChaincodeDefinition,
} from "../chaincode/index.ts";
import type { ChannelConfig } from "../channel/index.ts";
import { HeddleError } from "../kernel/error.ts";
import { BlockLayers, type NamespaceVersion } from "../ledger/index.ts";
import type { Block } from "../wire/index.ts";
import { EndorsementRules } from "./core/endorsement-rules.ts";
import { judgeBlock, type BlockJudgement } from "./core/judge-block.ts";
import type { WrittenKey } from "./core/written-namespaces.ts";
import type { CommittedState, CommitterLedger, ConfigHolder } from "./ports.ts";
import { verifyBlock, type VerifiedBlock } from "./verified-block.ts";

const KEY_POLICY = "VALIDATION_PARAMETER";

interface CompiledRules {
  readonly config: ChannelConfig;
  readonly definitions: NamespaceVersion;
  readonly rules: EndorsementRules;
}

/** What the validator reads; it changes nothing. */
export interface BlockValidatorDeps {
  readonly ledger: Pick<CommitterLedger, "tip">;
  readonly config: Pick<ConfigHolder, "current">;
  /** Of the blocks that it is given, where others look at them too. Default: its own. */
  readonly layers?: BlockLayers;
}

/**
 * Gives each transaction of a block its code, up to but not including conflicts of reads and writes, which the
 * ledger finds. Every peer with the same chain comes to the same codes.
 */
export class BlockValidator {
  readonly #deps: BlockValidatorDeps;
  readonly #layers: BlockLayers;
  #compiled: CompiledRules | undefined;

  constructor(deps: BlockValidatorDeps) {
    this.#deps = deps;
    this.#layers = deps.layers ?? new BlockLayers();
  }

  /** The part that needs no state, under the current configuration: may run before earlier blocks are committed. */
  verify(block: Block): Promise<VerifiedBlock> {
    return verifyBlock(this.#layers.of(block), this.#deps.config.current());
  }

  /**
   * The codes of `block`, whose predecessor must be the newest block of the ledger's tip. `verified` is what `verify` answered
   * for it; it is used if the configuration is still the same. Rejects when state cannot be read.
   */
  async validate(block: Block, verified?: VerifiedBlock): Promise<BlockJudgement> {
    const config = this.#deps.config.current();
    const fresh =
      verified?.config === config ? verified : await verifyBlock(this.#layers.of(block), config);
    const { tip } = this.#deps.ledger;
    const rules = this.#rulesUnder(config);
    const state = tip.query();
    try {
      return judgeBlock(fresh.transactions, {
        config,
        rules,
        hasTransaction: (txId) => tip.hasTransaction(txId),
        keyPolicyOf: (namespace, key) => metadataIn(state, namespace, key).get(KEY_POLICY),
      });
    } finally {
      state.close();
    }
  }

  // Few blocks change a definition, and fewer the configuration: what is compiled serves for those between.
  #rulesUnder(config: ChannelConfig): EndorsementRules {
    const definitions = this.#deps.ledger.tip.versionOf(LIFECYCLE_NAMESPACE);
    const known = this.#compiled;
    if (known?.config === config && known.definitions === definitions) return known.rules;
    const rules = new EndorsementRules(config, (name) => this.#definitionOf(name));
    this.#compiled = { config, definitions, rules };
    return rules;
  }

  #definitionOf(name: string): ChaincodeDefinition | undefined {
    const state = this.#deps.ledger.tip.query();
    try {
      return definitionIn(state, name);
    } finally {
      state.close();
    }
  }
}

function metadataIn(
  state: CommittedState,
  namespace: string,
  written: WrittenKey,
): ReadonlyMap<string, Uint8Array> {
  return "key" in written
    ? state.getStateMetadata(namespace, written.key)
    : state.getPrivateDataMetadataByHash(namespace, written.collection, written.keyHash);
}

// What is kept under a name and is no definition must not stop the channel: Fabric's peers stop.
function definitionIn(state: CommittedState, name: string): ChaincodeDefinition | undefined {
  try {
    return readDefinition(state, name);
  } catch (error) {
    if (error instanceof HeddleError) return undefined;
    throw error;
  }
}
