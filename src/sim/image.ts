/** A network on which the contracts are deployed, as its disks are then: made once by the real lifecycle, the beginning of every run. */
import { assert } from "../kernel/assert.ts";
import type { Contract } from "../contract/index.ts";
import { deployContract } from "./deploy.ts";
import { makeMaterial, type Material, type NetworkSize } from "./material.ts";
import { KeyedSignatures } from "./ports/keyed-signatures.ts";
import { RealSignatures } from "./ports/real-signatures.ts";
import type { Signatures } from "./ports/signatures.ts";
import { Trace } from "./trace.ts";
import { SimulatedWorld, type NetworkImage } from "./world.ts";

export interface PreparedNetwork {
  readonly material: Material;
  readonly contracts: ReadonlyMap<string, Contract>;
  /** What is known of the identities outlasts a run: it costs most of a start. */
  readonly signatures: Signatures;
  readonly image: NetworkImage;
}

/** `keyed`: a hash, in most runs; `real`: ECDSA, as in production. */
export type SignatureKind = "keyed" | "real";

const SIGNATURES: Readonly<Record<SignatureKind, () => Signatures>> = {
  keyed: () => new KeyedSignatures(),
  real: () => new RealSignatures(),
};

/** The same for every seed of a size. */
const SEED = 1;
const ELECTION_MS_MAX = 60_000;
const DEPLOYMENT_MS_MAX = 120_000;
/** Everything that was said is written, and gossip has spoken of it. */
const SETTLE_MS = 5_000;

/** Networks by their size: a process makes each once. `contracts` by the names that they are deployed under. */
export class PreparedNetworks {
  readonly #contracts: ReadonlyMap<string, Contract>;
  readonly #networks = new Map<string, Promise<PreparedNetwork>>();

  constructor(contracts: ReadonlyMap<string, Contract>) {
    this.#contracts = contracts;
  }

  /** `kind`: of its members' signatures, which its blocks carry. */
  of(size: NetworkSize, kind: SignatureKind): Promise<PreparedNetwork> {
    const key = JSON.stringify([size, kind]);
    const known = this.#networks.get(key);
    if (known !== undefined) return known;
    const made = prepare(size, kind, this.#contracts);
    this.#networks.set(key, made);
    return made;
  }
}

async function prepare(
  size: NetworkSize,
  kind: SignatureKind,
  contracts: ReadonlyMap<string, Contract>,
): Promise<PreparedNetwork> {
  const material = await makeMaterial(size);
  const parts = { material, contracts, signatures: SIGNATURES[kind]() };
  const world = new SimulatedWorld({
    ...parts,
    seed: SEED,
    trace: new Trace(),
    isLogTraced: false,
  });
  world.startAll();
  const hasLeader = await world.pass(ELECTION_MS_MAX, () => world.target.leader() !== undefined);
  assert(hasLeader, "orderers that nobody disturbs elect a leader");
  for (const name of contracts.keys()) await deployed(world, material, name);
  await world.pass(SETTLE_MS);
  const image = world.image();
  world.end();
  return { ...parts, image };
}

async function deployed(world: SimulatedWorld, material: Material, name: string): Promise<void> {
  let hasEnded = false;
  const deployment = deployContract(world, material, name).finally(() => {
    hasEnded = true;
  });
  // Met below.
  deployment.catch(() => undefined);
  await world.pass(DEPLOYMENT_MS_MAX, () => hasEnded);
  assert(hasEnded, "a network that nobody disturbs deploys a contract");
  await deployment;
}
