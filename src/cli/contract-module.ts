/** A contract of the user's own, as a module whose functions run in this process. */
import { stat } from "node:fs/promises";
import { basename, extname, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { Contract } from "../contract/index.ts";
import type { Random } from "../kernel/ports/random.ts";
import { HeddleError, errorMessage } from "../kernel/error.ts";
import { SeededRandom } from "../kernel/seeded-random.ts";
import type { ContractCall, Workload } from "../sim/index.ts";

/** `unusable module`: it cannot be loaded, or is no contract. */
export class ContractModuleError extends HeddleError<"unusable module"> {
  override readonly name = "ContractModuleError";
}

export interface OwnContract {
  /** Of the file, without what follows its last dot. */
  readonly name: string;
  readonly contract: Contract;
  readonly workload: Workload;
  /** Its module says what is called; otherwise every function is, with words and numbers. */
  readonly hasWorkload: boolean;
}

const EXAMPLE = "`heddle sim --help` shows an example";
const NAME = /^[A-Za-z0-9]+([-_][A-Za-z0-9]+)*$/;
/** The simulation's own. */
const TAKEN = "bank";
/** Calls that are drawn to look whether they can be made. */
const CALLS_TRIED = 100;
const ARGUMENTS_MAX = 3;
const WORDS = ["a", "b", "c", "1", "2", "10"] as const;

/** Throws `ContractModuleError` with what to do about it. */
export async function loadContractModule(path: string): Promise<OwnContract> {
  const file = resolve(path);
  const name = nameOf(file);
  const module = await load(file);
  const contract = contractIn(module, file);
  const { workload } = module;
  if (workload === undefined) {
    return { name, contract, workload: anyCalls(name, contract), hasWorkload: false };
  }
  return { name, contract, workload: workloadIn(workload, { name, contract }), hasWorkload: true };
}

function nameOf(file: string): string {
  const name = basename(file, extname(file));
  if (name === TAKEN) {
    throw unusable(`${name} is the simulation's own contract: give the file another name`);
  }
  if (NAME.test(name)) return name;
  throw unusable(
    `${name} cannot be a contract's name: call the file by letters and digits, with - or _ between them`,
  );
}

type Module = Readonly<Record<string, unknown>>;

async function load(file: string): Promise<Module> {
  const found = await stat(file).catch(() => undefined);
  if (found === undefined) {
    throw unusable(`${file} does not exist: name a JavaScript module; ${EXAMPLE}`);
  }
  if (found.isDirectory()) {
    const cure = "name the module in it whose functions are the contract";
    throw unusable(`${file} is a folder, which \`heddle deploy\` takes: ${cure}; ${EXAMPLE}`);
  }
  try {
    return (await import(pathToFileURL(file).href)) as Module;
  } catch (error) {
    const cure = /\.[cm]?ts$/.test(file)
      ? "compile it to JavaScript and name what comes of it"
      : `mend it until \`node ${file}\` runs`;
    throw unusable(`${file} cannot be loaded: ${errorMessage(error)}; ${cure}`, error);
  }
}

function contractIn({ default: exported, contracts }: Module, file: string): Contract {
  if (Array.isArray(contracts) || typeof exported === "function") {
    throw unusable(
      `${file} exports classes: \`heddle deploy\` runs those in processes of their own, the simulation takes functions; ${EXAMPLE}`,
    );
  }
  const functions = Object.entries((exported ?? {}) as Module);
  if (typeof exported !== "object" || functions.length === 0) {
    throw unusable(`${file} exports no contract: \`export default\` its functions; ${EXAMPLE}`);
  }
  const other = functions.find(([, value]) => typeof value !== "function");
  if (other === undefined) return Object.fromEntries(functions) as Contract;
  throw unusable(
    `${other[0]} in the default export of ${file} is no function: a contract has functions alone; ${EXAMPLE}`,
  );
}

function workloadIn(
  exported: unknown,
  { name, contract }: Pick<OwnContract, "name" | "contract">,
): Workload {
  const { call, violationIn } = (exported ?? {}) as Partial<Workload>;
  if (typeof call !== "function") {
    throw unusable(
      `workload has no function call(random), which says what clients call; ${EXAMPLE}`,
    );
  }
  if (violationIn !== undefined && typeof violationIn !== "function") {
    throw unusable(`violationIn of workload is no function; ${EXAMPLE}`);
  }
  const drawn = (random: Random): ContractCall => ({ ...call(random), contract: name });
  const random = new SeededRandom(1);
  for (let count = 0; count < CALLS_TRIED; count += 1) requireCallable(drawn, random, contract);
  const state: Workload["violationIn"] = (stateOf) => {
    try {
      return violationIn?.(stateOf);
    } catch (error) {
      return `workload.violationIn threw ${errorMessage(error)}`;
    }
  };
  return { call: drawn, ...(violationIn === undefined ? {} : { violationIn: state }) };
}

function requireCallable(
  draw: (random: Random) => ContractCall,
  random: Random,
  contract: Contract,
): void {
  let call: Partial<ContractCall>;
  try {
    call = draw(random);
  } catch (error) {
    throw unusable(`workload.call throws: ${errorMessage(error)}; ${EXAMPLE}`, error);
  }
  const { fn, args } = call;
  if (typeof fn !== "string" || !Object.hasOwn(contract, fn)) {
    const known = Object.keys(contract).join(", ");
    throw unusable(
      `workload.call names ${String(fn)}, which the contract has not: it has ${known}`,
    );
  }
  if (Array.isArray(args) && args.every((arg) => typeof arg === "string")) return;
  throw unusable(`workload.call gives ${fn} arguments that are no list of texts; ${EXAMPLE}`);
}

/** Where nobody says what is called: everything, with few words, so that calls meet each other's keys. */
function anyCalls(name: string, contract: Contract): Workload {
  const functions = Object.keys(contract);
  return {
    call: (random) => {
      const of = <T>(items: readonly T[]): T => items[random.below(items.length)] as T;
      const args = Array.from({ length: random.below(ARGUMENTS_MAX + 1) }, () => of(WORDS));
      return { contract: name, fn: of(functions), args };
    },
  };
}

function unusable(message: string, cause?: unknown): ContractModuleError {
  return new ContractModuleError("unusable module", message, { cause });
}
