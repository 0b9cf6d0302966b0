import type {
  Contract,
  ContractContext,
  ContractFunction,
  ContractResult,
  KeyValue,
} from "../../contract/index.ts";
import { toHex } from "../../kernel/bytes.ts";
import { errorMessage } from "../../kernel/error.ts";

/** What a run of a function did; answers by what was asked, since a question has one answer in a transaction. */
class Deeds {
  readonly answers = new Map<string, unknown>();
  readonly writes = new Map<string, string>();
  event = "";
  end = "";
  /** The peer did not answer or not do what it was asked for: nothing follows from it. */
  isBroken = false;

  /** In a form in which equal deeds are equal texts. */
  get text(): string {
    const writes = [...this.writes].sort(([a], [b]) => (a < b ? -1 : 1));
    return JSON.stringify({ writes, event: this.event, end: this.end });
  }
}

/** A question that the first run did not ask. */
class Unasked extends Error {}

/** Different refusals that are counted; of further ones nothing is kept. */
const REFUSALS_MAX = 100;
const REFUSAL_LENGTH_MAX = 300;

/** Functions that ended with an error, by function and message, and how often. */
export interface ContractRefusal {
  readonly refusal: string;
  readonly count: number;
}

/** What contracts did in a run. */
export interface ContractDeeds {
  /** How one was found not to be deterministic; undefined: none was. */
  readonly whim: string | undefined;
  /** Functions that were run, at every peer that endorsed. */
  readonly runs: number;
  /** The most frequent first. */
  readonly refusals: readonly ContractRefusal[];
}

/** Of each function, calls before whose repetition real time passes: it shows who reads a clock. */
const LATER_MAX = 3;

/**
 * Runs every function of contracts twice, the second time on the answers that the first one got. A contract that does not do the
 * same twice is not deterministic: its peers endorse different results now and then, and nobody knows why.
 */
export class RepeatedContracts {
  readonly #later: () => void;
  readonly #laterLeft = new Map<string, number>();
  readonly #refusals = new Map<string, number>();
  #runs = 0;
  #finding: string | undefined;

  /** `later` returns when real time has passed. */
  constructor(later: () => void) {
    this.#later = later;
  }

  /** What was done since the last call. */
  take(): ContractDeeds {
    const refusals = [...this.#refusals]
      .map(([refusal, count]) => ({ refusal, count }))
      .sort((a, b) => b.count - a.count);
    const deeds = { whim: this.#finding, runs: this.#runs, refusals };
    this.#finding = undefined;
    this.#runs = 0;
    this.#refusals.clear();
    return deeds;
  }

  of(name: string, contract: Contract): Contract {
    return Object.fromEntries(
      Object.entries(contract).map(([fn, run]) => [fn, this.#repeated(`${name}.${fn}`, run)]),
    );
  }

  #repeated(name: string, run: ContractFunction): ContractFunction {
    return async (context, ...args) => {
      const first = new Deeds();
      this.#runs += 1;
      try {
        const result = await run(recording(context, first), ...args);
        first.end = textOf(result);
        return result;
      } catch (error) {
        first.end = `refusal: ${errorMessage(error)}`;
        if (!first.isBroken) this.#count(`${name}: ${errorMessage(error)}`);
        throw error;
      } finally {
        await this.#repeat(name, run, { context, args, first });
      }
    };
  }

  #count(refusal: string): void {
    const key = refusal.slice(0, REFUSAL_LENGTH_MAX);
    const count = this.#refusals.get(key);
    if (count === undefined && this.#refusals.size >= REFUSALS_MAX) return;
    this.#refusals.set(key, (count ?? 0) + 1);
  }

  async #repeat(
    name: string,
    run: ContractFunction,
    {
      context,
      args,
      first,
    }: {
      readonly context: ContractContext;
      readonly args: readonly string[];
      readonly first: Deeds;
    },
  ): Promise<void> {
    if (first.isBroken) return;
    const left = this.#laterLeft.get(name) ?? LATER_MAX;
    this.#laterLeft.set(name, Math.max(0, left - 1));
    if (left > 0) this.#later();
    const second = new Deeds();
    try {
      second.end = textOf(await run(repeating(context, first, second), ...args));
    } catch (error) {
      second.end = error instanceof Unasked ? error.message : `refusal: ${errorMessage(error)}`;
    }
    if (first.text === second.text) return;
    const call = `${name}(${args.join(", ")})`;
    this.#finding ??= `${call} is not deterministic: it did ${first.text}, and ${second.text} when it was run again on the same state; a contract may use its arguments and the state alone`;
  }
}

function recording(context: ContractContext, deeds: Deeds): ContractContext {
  return {
    ...context,
    ...writing(deeds, context),
    ...emitting(deeds, context),
    get: (key) => recorded(deeds, question("get", key), context.get(key)),
    private: (collection) => {
      const held = context.private(collection);
      return {
        ...writing(deeds, held, collection),
        get: (key) => recorded(deeds, question("private", collection, key), held.get(key)),
        hash: (key) => recorded(deeds, question("hash", collection, key), held.hash(key)),
      };
    },
    call: async (...call) => {
      const asked = question("call", ...call);
      try {
        const value = await context.call(...call);
        deeds.answers.set(asked, { value });
        return value;
      } catch (error) {
        deeds.answers.set(asked, { error });
        throw error;
      }
    },
    range: (...bounds) => rowsOf(deeds, question("range", ...bounds), context.range(...bounds)),
    compositeRange: (...parts) =>
      rowsOf(deeds, question("composite", ...parts), context.compositeRange(...parts)),
  };
}

function repeating(context: ContractContext, first: Deeds, second: Deeds): ContractContext {
  const answerTo = (asked: string): unknown => {
    if (!first.answers.has(asked)) throw new Unasked(`it asks for ${asked} the second time only`);
    return first.answers.get(asked);
  };
  const valueOf = async (asked: string): Promise<string | undefined> => {
    const { value } = answerTo(asked) as { readonly value: string | undefined };
    return Promise.resolve(value);
  };
  const rows = async function* (asked: string): AsyncGenerator<KeyValue, void, undefined> {
    yield* await Promise.resolve(answerTo(asked) as readonly KeyValue[]);
  };
  return {
    ...context,
    ...writing(second, undefined),
    ...emitting(second, undefined),
    get: (key) => valueOf(question("get", key)),
    private: (collection) => ({
      ...writing(second, undefined, collection),
      get: (key) => valueOf(question("private", collection, key)),
      hash: (key) => valueOf(question("hash", collection, key)),
    }),
    call: async (...call) => {
      const answer = answerTo(question("call", ...call)) as { value: string; error?: Error };
      return answer.error === undefined
        ? Promise.resolve(answer.value)
        : Promise.reject(answer.error);
    },
    range: (...bounds) => rows(question("range", ...bounds)),
    compositeRange: (...parts) => rows(question("composite", ...parts)),
  };
}

/** `held`: who does it; undefined: it was done. */
function writing(
  deeds: Deeds,
  held: Pick<ContractContext, "put" | "delete"> | undefined,
  collection = "",
): Pick<ContractContext, "put" | "delete"> {
  const keyOf = (key: string): string => (collection === "" ? key : question(collection, key));
  return {
    put: async (key, value) => {
      deeds.writes.set(keyOf(key), textOf(value));
      await sound(deeds, held?.put(key, value));
    },
    delete: async (key) => {
      deeds.writes.set(keyOf(key), "deleted");
      await sound(deeds, held?.delete(key));
    },
  };
}

/** As `writing`. */
function emitting(
  deeds: Deeds,
  context: ContractContext | undefined,
): Pick<ContractContext, "emit"> {
  return {
    emit: (name, payload) => {
      deeds.event = `${name} ${textOf(payload)}`;
      context?.emit(name, payload);
    },
  };
}

async function recorded(
  deeds: Deeds,
  asked: string,
  answer: Promise<string | undefined>,
): Promise<string | undefined> {
  const value = await sound(deeds, answer);
  deeds.answers.set(asked, { value });
  return value;
}

async function* rowsOf(
  deeds: Deeds,
  asked: string,
  rows: AsyncIterable<KeyValue>,
): AsyncGenerator<KeyValue, void, undefined> {
  const seen = rowsUnder(deeds, asked);
  const iterator = rows[Symbol.asyncIterator]();
  let count = 0;
  try {
    for (;;) {
      const next = await sound(deeds, iterator.next());
      if (next === undefined || next.done === true) return;
      // The same rows again, for a function that goes over them twice.
      if (count >= seen.length) seen.push(next.value);
      count += 1;
      yield next.value;
    }
  } finally {
    await iterator.return?.();
  }
}

function rowsUnder(deeds: Deeds, asked: string): KeyValue[] {
  const known = deeds.answers.get(asked) as KeyValue[] | undefined;
  const rows = known ?? [];
  deeds.answers.set(asked, rows);
  return rows;
}

async function sound<T>(deeds: Deeds, answer: Promise<T> | undefined): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    deeds.isBroken = true;
    throw error;
  }
}

function question(...parts: readonly (string | undefined)[]): string {
  return JSON.stringify(parts);
}

function textOf(result: ContractResult): string {
  if (result === undefined) return "";
  return typeof result === "string" ? result : `bytes ${toHex(result)}`;
}
