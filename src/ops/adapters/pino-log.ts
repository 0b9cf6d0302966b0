import { pino, type DestinationStream, type Logger as PinoLogger } from "pino";
import { assert } from "../../kernel/assert.ts";
import type { LogFields, Logger } from "../../kernel/ports/logger.ts";
import {
  levelOf,
  parseLogSpec,
  type LogLevel,
  type LogSpec,
  type LogSpecResult,
} from "../log-spec.ts";

export interface PinoLogOptions {
  /** Fabric's logging specification. */
  readonly spec: string;
  /** Name of the node, on every line. */
  readonly node: string;
  /** Where lines go. Default: standard output. */
  readonly destination?: DestinationStream;
}

/** Field names whose values never reach a log. */
const SECRET_FIELDS = ["key", "privateKey", "keyPem", "privateKeyPem", "passphrase", "transient"];

/** UTF-16 units of a text in a log line: some are of a stranger's choosing. A longer one is cut. */
const TEXT_LENGTH_MAX = 4_096;

/** The log of one node: JSON lines through pino, a level per component, changeable while it runs. */
export class PinoLog {
  readonly logger: Logger;
  readonly #root: PinoLogger;
  readonly #children: { readonly component: string; readonly pino: PinoLogger }[] = [];
  #spec: LogSpec;

  /** Throws when the specification is malformed: a host checks its configuration first. */
  constructor(options: PinoLogOptions) {
    const parsed = parseLogSpec(options.spec);
    assert(parsed.ok, parsed.ok ? "" : parsed.reason);
    this.#spec = parsed.spec;
    this.#root = pino(
      {
        base: { node: options.node },
        level: parsed.spec.defaultLevel,
        timestamp: pino.stdTimeFunctions.isoTime,
        formatters: { level: (label) => ({ level: label }) },
        redact: {
          paths: SECRET_FIELDS.flatMap((field) => [field, `*.${field}`]),
          censor: "[secret]",
        },
      },
      options.destination ?? pino.destination({ fd: 1, sync: true }),
    );
    this.logger = this.#wrap(this.#root, "", {});
  }

  spec(): string {
    return this.#spec.text;
  }

  setSpec(text: string): LogSpecResult {
    const parsed = parseLogSpec(text);
    if (!parsed.ok) return parsed;
    this.#spec = parsed.spec;
    for (const child of this.#children) child.pino.level = this.#levelOf(child.component);
    return parsed;
  }

  #levelOf(component: string): LogLevel {
    return levelOf(this.#spec, component);
  }

  // Every child hangs from the root, with all its fields: a chain of pino's would repeat those that a level sets again.
  #wrap(target: PinoLogger, component: string, inherited: LogFields): Logger {
    this.#children.push({ component, pino: target });
    const write =
      (level: Exclude<LogLevel, "fatal">) =>
      (message: string, fields: LogFields = {}): void => {
        target[level](plain(fields), shortened(message));
      };
    return {
      error: write("error"),
      warn: write("warn"),
      info: write("info"),
      debug: write("debug"),
      trace: write("trace"),
      child: (name: string, fields: LogFields = {}): Logger => {
        const path = component === "" ? name : `${component}.${name}`;
        const own = { ...inherited, ...fields };
        const child = this.#root.child({ ...own, component: path }, { level: this.#levelOf(path) });
        return this.#wrap(child, path, own);
      },
    };
  }
}

// An error becomes its text and code: a stack or a cause can carry what was being handled.
function plain(fields: LogFields): Record<string, unknown> {
  const record: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) record[name] = plainValue(value);
  return record;
}

function plainValue(value: unknown): unknown {
  if (value instanceof Error) {
    const message = shortened(value.message);
    return "code" in value ? { message, code: value.code } : { message };
  }
  if (value instanceof Uint8Array) {
    return shortened(Buffer.from(value.subarray(0, TEXT_LENGTH_MAX)).toString("hex"));
  }
  return typeof value === "string" ? shortened(value) : value;
}

function shortened(text: string): string {
  return text.length <= TEXT_LENGTH_MAX ? text : `${text.slice(0, TEXT_LENGTH_MAX)}…`;
}
