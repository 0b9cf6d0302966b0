import type { PolicyIdentity } from "../policy/index.ts";
import type { ConfigEnvelope, ConfigGroup } from "../wire/index.ts";
import type { ChannelConfig } from "./channel-config.ts";
import { deltaFault, deltaOf, evaluationBy, readSetFault } from "./config-delta.ts";
import { configElements } from "./config-elements.ts";
import { isSameGroup } from "./config-equality.ts";
import { rebuildGroup } from "./config-rebuild.ts";
import { CHANNEL_PATH } from "./config-tree.ts";
import type { ConfigUpdateRequest } from "./config-update-request.ts";

/** What `applyConfigUpdate` answers; the reason is for the client, in Fabric's words. */
export type ConfigUpdateOutcome =
  | { readonly ok: true; readonly envelope: ConfigEnvelope }
  | { readonly ok: false; readonly reason: string };

type Updated =
  | { readonly ok: true; readonly group: ConfigGroup }
  | { readonly ok: false; readonly reason: string };

const NO_EFFECT = "delta set was empty -- update would have no effect";

/**
 * The configuration that follows `current` by a client's update, with the update itself. `signers` are those of
 * `request.signedData` whose signatures are valid (`verifySignatures`). Says nothing about what the configuration
 * contains: see `transitionFault`.
 *
 * An update that leaves everything as it is, is refused. (Fabric takes one that names a new element which no group
 * lists: a configuration block for nothing that nobody has to sign.)
 */
export function applyConfigUpdate(
  current: ChannelConfig,
  request: ConfigUpdateRequest,
  signers: readonly PolicyIdentity[],
): ConfigUpdateOutcome {
  const updated = authorizeUpdate(current, request, signers);
  if (!updated.ok) return updated;
  const { channelGroup } = current.config;
  if (channelGroup !== undefined && isSameGroup(channelGroup, updated.group)) {
    return {
      ok: false,
      reason: `error authorizing update: error validating DeltaSet: ${NO_EFFECT}`,
    };
  }
  const config = { sequence: current.sequence + 1, channelGroup: updated.group };
  return { ok: true, envelope: { config, lastUpdate: request.envelope } };
}

/**
 * Why `envelope` does not follow `current`, or `undefined` when it does: it must be what its own update, which
 * `request` and `signers` are of, makes of `current`. Everyone who takes a configuration block asks this.
 */
export function configEnvelopeFault(
  current: ChannelConfig,
  { config }: Pick<ConfigEnvelope, "config">,
  request: ConfigUpdateRequest,
  signers: readonly PolicyIdentity[],
): string | undefined {
  if (config === undefined) return "config envelope has nil config";
  if (config.sequence !== current.sequence + 1) {
    return `config currently at sequence ${current.sequence}, cannot validate config at sequence ${config.sequence}`;
  }
  // Bounds the depth of what is compared.
  const supplied = configElements(CHANNEL_PATH, config.channelGroup);
  if (!supplied.ok) return supplied.reason;
  const updated = authorizeUpdate(current, request, signers);
  if (!updated.ok) return updated.reason;
  if (config.channelGroup !== undefined && isSameGroup(config.channelGroup, updated.group)) {
    return undefined;
  }
  return "ConfigEnvelope LastUpdate did not produce the supplied config result";
}

function authorizeUpdate(
  current: ChannelConfig,
  { update }: ConfigUpdateRequest,
  signers: readonly PolicyIdentity[],
): Updated {
  if (update.channelId !== current.channelId) {
    const named = update.channelId.slice(0, 249);
    return unauthorized(
      `ConfigUpdate for channel '${named}' but envelope for channel '${current.channelId}'`,
    );
  }
  const existing = configElements(CHANNEL_PATH, current.config.channelGroup);
  if (!existing.ok) return unauthorized(existing.reason);
  const readSet = configElements(CHANNEL_PATH, update.readSet);
  if (!readSet.ok) return unauthorized(`error mapping ReadSet: ${readSet.reason}`);
  const misread = readSetFault(existing.elements, readSet.elements);
  if (misread !== undefined) return unauthorized(`error validating ReadSet: ${misread}`);
  const writeSet = configElements(CHANNEL_PATH, update.writeSet);
  if (!writeSet.ok) return unauthorized(`error mapping WriteSet: ${writeSet.reason}`);
  const delta = deltaOf(readSet.elements, writeSet.elements);
  const evaluate = evaluationBy(signers, (path) => current.policy(path));
  const fault = deltaFault(existing.elements, delta, evaluate);
  if (fault !== undefined) return unauthorized(`error validating DeltaSet: ${fault}`);
  const rebuilt = rebuildGroup(new Map([...existing.elements, ...delta]));
  if (rebuilt.ok) return rebuilt;
  return { ok: false, reason: `could not turn configMap back to channelGroup: ${rebuilt.reason}` };
}

function unauthorized(reason: string): Updated {
  return { ok: false, reason: `error authorizing update: ${reason}` };
}
