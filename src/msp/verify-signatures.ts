import { sha256Hex } from "../crypto/index.ts";
import { codeUnits } from "../kernel/bytes.ts";
import type { Identity, IdentityResult } from "./identity.ts";
import { SIGNATURE_COUNT_MAX } from "./limits.ts";

/** `identity` is a `SerializedIdentity`, whose holder is said to have signed `data`. */
export interface SignedData {
  readonly data: Uint8Array;
  readonly identity: Uint8Array;
  readonly signature: Uint8Array;
}

/** What reads identities: an `MspManager`. */
export interface IdentityReader {
  unvalidatedIdentity(serialized: Uint8Array): IdentityResult;
}

interface Claim extends SignedData {
  readonly index: number;
  readonly holder: Identity;
}

/**
 * Who signed, without repetition, in the order in which Fabric finds them: entries are taken one after the other; one whose
 * identity cannot be read is skipped, and so is one whose holder was accepted before; otherwise its holder is accepted if
 * the signature is valid. Different holders are verified at the same time, which changes nothing in the outcome.
 * Whether they are valid members is for the policy to ask.
 */
export async function verifySignatures(
  manager: IdentityReader,
  signedData: readonly SignedData[],
): Promise<readonly Identity[]> {
  const [only] = signedData;
  if (only !== undefined && signedData.length === 1) return verifyOne(manager, only);
  const claims = new Map<string, Claim[]>();
  const readOnce = onceEach(manager);
  for (const [index, signed] of signedData.slice(0, SIGNATURE_COUNT_MAX).entries()) {
    const result = readOnce(signed.identity);
    if (!result.ok) continue;
    const claim = { ...signed, index, holder: result.identity };
    const ofHolder = claims.get(result.identity.id);
    if (ofHolder === undefined) claims.set(result.identity.id, [claim]);
    else ofHolder.push(claim);
  }
  const accepted = await Promise.all([...claims.values()].map(firstValid));
  return accepted
    .filter((claim) => claim !== undefined)
    .sort((a, b) => a.index - b.index)
    .map(({ holder }) => holder);
}

// An organisation remembers its valid members only, and somebody else may be named a thousand times.
function onceEach(manager: IdentityReader): (serialized: Uint8Array) => IdentityResult {
  const known = new Map<string, IdentityResult>();
  return (serialized) => {
    const key = codeUnits(serialized);
    const result = known.get(key) ?? manager.unvalidatedIdentity(serialized);
    known.set(key, result);
    return result;
  };
}

// As below: an envelope has one signature, and each is verified.
async function verifyOne(
  manager: IdentityReader,
  { data, identity, signature }: SignedData,
): Promise<readonly Identity[]> {
  const result = manager.unvalidatedIdentity(identity);
  if (!result.ok) return [];
  return (await result.identity.verify(data, signature)) ? [result.identity] : [];
}

async function firstValid(claims: readonly Claim[]): Promise<Claim | undefined> {
  // What has failed need not be tried again. Few have a second claim, so few are hashed.
  const failed = new Set<string>();
  for (const claim of claims) {
    const key = claims.length === 1 ? "" : claimKey(claim);
    if (failed.has(key)) continue;
    if (await claim.holder.verify(claim.data, claim.signature)) return claim;
    failed.add(key);
  }
  return undefined;
}

function claimKey({ data, signature }: SignedData): string {
  return `${sha256Hex(data)} ${sha256Hex(signature)}`;
}
