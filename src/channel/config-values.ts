import { decode, type ConfigGroup, type MessageType } from "../wire/index.ts";
import { errorMessage } from "../kernel/error.ts";
import { invalidConfig } from "./errors.ts";

/**
 * Decodes the values of `group`, found at `path`, each as the type that `types` has under its key. Values that the
 * group does not have are `undefined`. Fabric: a key that is not in `types` makes the whole configuration invalid.
 * Throws `ChannelError` ("invalid-config").
 */
export function readValues<Messages extends object>(
  path: string,
  group: ConfigGroup,
  types: { readonly [Key in keyof Messages]: MessageType<Messages[Key]> },
): { readonly [Key in keyof Messages]?: Messages[Key] } {
  const values: { [Key in keyof Messages]?: Messages[Key] } = {};
  for (const [key, { value }] of group.values) {
    if (!hasKey(types, key)) throw invalidConfig(`${path}/${key}`, "unexpected key");
    values[key] = decodeValue(`${path}/${key}`, types[key], value);
  }
  return values;
}

function hasKey<T extends object>(object: T, key: PropertyKey): key is keyof T {
  return Object.hasOwn(object, key);
}

/** The message in `bytes`, which stand at `path`. Throws `ChannelError` ("invalid-config"). */
export function decodeValue<T>(path: string, type: MessageType<T>, bytes: Uint8Array): T {
  try {
    return decode(type, bytes);
  } catch (error) {
    throw invalidConfig(path, errorMessage(error), error);
  }
}
