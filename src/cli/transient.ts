/** What a client sends to the endorsers alone: `--transient`, in the form that Fabric's `peer` takes. */
import { InvalidArgumentError, type Command } from "commander";

export type Transient = ReadonlyMap<string, Uint8Array>;

export function addTransientOption(command: Command): Command {
  return command.option(
    "--transient <json>",
    'for the endorsers alone: {"name": "value in base64"}',
    parseTransient,
  );
}

/** Reads `{"price": "MTAw"}`. */
export function parseTransient(text: string): Transient {
  return new Map(Object.entries(documentOf(text)).map(([name, value]) => [name, bytesOf(value)]));
}

function documentOf(text: string): Readonly<Record<string, unknown>> {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    throw unusable();
  }
  if (typeof document !== "object" || document === null || Array.isArray(document))
    throw unusable();
  return { ...document };
}

function bytesOf(value: unknown): Uint8Array {
  // Buffer would skip over what is not base64.
  const isBase64 = typeof value === "string" && /^[\d+/A-Za-z]*={0,2}$/.test(value);
  if (!isBase64) throw unusable();
  return new Uint8Array(Buffer.from(value, "base64"));
}

function unusable(): InvalidArgumentError {
  return new InvalidArgumentError('expected JSON with values in base64, as {"price":"MTAw"}.');
}
