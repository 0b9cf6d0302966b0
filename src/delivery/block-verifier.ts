import { concatBytes } from "../kernel/bytes.ts";
import { BlockLayers } from "../ledger/index.ts";
import { verifySignatures, type SignedData } from "../msp/index.ts";
import {
  BLOCK_METADATA,
  Metadata,
  SignatureHeader,
  blockHeaderDer,
  tryDecode,
  type Block,
  type BlockHeader,
} from "../wire/index.ts";
import { checkBlockForm, type ExpectedBlock } from "./core/block-form.ts";
import { BLOCK_SIGNATURES_MAX } from "./limits.ts";
import type { CurrentConfig } from "./ports.ts";

/** The answer of `BlockVerifier.verify`. */
export type BlockVerdict = { readonly ok: true } | { readonly ok: false; readonly reason: string };

const VALIDATION_POLICY = "/Channel/Orderer/BlockValidation";

/** Believes a block only when its place in the chain, its form, its data hash and its orderers' signatures are right. */
export class BlockVerifier {
  readonly #config: CurrentConfig;
  readonly #layers: BlockLayers;

  /** `config` must be that of the block before the one to be verified; `layers` are of the blocks, where others look at them too. */
  constructor(config: CurrentConfig, layers: BlockLayers = new BlockLayers()) {
    this.#config = config;
    this.#layers = layers;
  }

  /** Never rejects for what a block contains. Signatures are verified off the event loop. */
  async verify(block: Block, expected: ExpectedBlock): Promise<BlockVerdict> {
    const form = checkBlockForm(block, expected, this.#layers.of(block));
    if (!form.ok) return refused(expected, form.reason);
    const { header, metadata } = form.formed;
    const signed = signedData(header, metadata.metadata[BLOCK_METADATA.signatures]);
    if (!signed.ok) return refused(expected, signed.reason);
    const config = this.#config.current();
    const policy = config.policy(VALIDATION_POLICY);
    if (policy === undefined)
      return refused(expected, `the channel has no policy ${VALIDATION_POLICY}`);
    const verdict = policy.evaluate(await verifySignatures(config.mspManager, signed.data));
    if (verdict.satisfied) return { ok: true };
    return refused(
      expected,
      `its signatures do not satisfy ${VALIDATION_POLICY}: ${verdict.reason}`,
    );
  }
}

type SignedDataAnswer =
  | { readonly ok: true; readonly data: readonly SignedData[] }
  | { readonly ok: false; readonly reason: string };

// Each orderer signs value ‖ its own signature header ‖ the DER form of the block's header.
function signedData(header: BlockHeader, slot: Uint8Array | undefined): SignedDataAnswer {
  const metadata = slot && tryDecode(Metadata, slot);
  if (metadata === undefined) return { ok: false, reason: "its signature metadata is malformed" };
  const count = metadata.signatures.length;
  if (count > BLOCK_SIGNATURES_MAX) {
    return {
      ok: false,
      reason: `it has ${count} signatures, at most ${BLOCK_SIGNATURES_MAX} are allowed`,
    };
  }
  const headerDer = blockHeaderDer(header);
  const data: SignedData[] = [];
  for (const { signatureHeader, signature } of metadata.signatures) {
    const creator = tryDecode(SignatureHeader, signatureHeader)?.creator;
    if (creator === undefined) return { ok: false, reason: "a signature's header is malformed" };
    data.push({
      data: concatBytes(metadata.value, signatureHeader, headerDer),
      identity: creator,
      signature,
    });
  }
  return { ok: true, data };
}

function refused(expected: ExpectedBlock, reason: string): BlockVerdict {
  return { ok: false, reason: `block ${expected.number} is refused: ${reason}` };
}
