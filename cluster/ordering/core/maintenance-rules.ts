import { hasConsensusMigration, type OrdererSection } from "../../../src/channel/index.ts";
import { equalBytes } from "../../../src/kernel/bytes.ts";
import {
  ConsensusType,
  tryDecode,
  type Config,
  type ConfigUpdate,
} from "../../../src/wire/index.ts";

/** One side of a transition: what the configuration says, and the configuration itself. */
export interface MaintenanceView {
  readonly orderer: OrdererSection;
  readonly config: Config;
}

/**
 * Why the consensus type and state may not change as `next` has it, in Fabric's words; `undefined` when they may. Going
 * into maintenance and out of it is a change of its own, and only in maintenance may the type change: to one that there
 * is none of here.
 */
export function maintenanceFault(
  current: MaintenanceView,
  next: MaintenanceView,
  update: ConfigUpdate,
): string | undefined {
  const { orderer } = current;
  if (!hasConsensusMigration(orderer.capabilities)) return disabledFault(orderer, next.orderer);
  const stateFault =
    orderer.state === next.orderer.state ? undefined : stateChangeFault(current, next, update);
  return stateFault ?? typeChangeFault(orderer, next.orderer);
}

function disabledFault(current: OrdererSection, next: OrdererSection): string | undefined {
  if (next.state !== "normal") {
    return `next config attempted to change ConsensusType.State to ${nameOf(next)}, but capability is disabled`;
  }
  if (current.consensusType === next.consensusType) return undefined;
  return `next config attempted to change ConsensusType.Type from ${current.consensusType} to ${next.consensusType}, but capability is disabled`;
}

function stateChangeFault(
  current: MaintenanceView,
  next: MaintenanceView,
  update: ConfigUpdate,
): string | undefined {
  const fault = otherChangeFault(update);
  if (fault !== undefined) return fault;
  const [before, after] = [current.orderer, next.orderer];
  const states = `ConsensusType.State is changing from ${nameOf(before)} to ${nameOf(after)}`;
  if (before.consensusType !== after.consensusType) {
    return `attempted to change ConsensusType.Type from ${before.consensusType} to ${after.consensusType}, but ${states}`;
  }
  return equalBytes(consensusMetadata(current.config), consensusMetadata(next.config))
    ? undefined
    : `attempted to change ConsensusType.Metadata, but ${states}`;
}

function otherChangeFault({ writeSet }: ConfigUpdate): string | undefined {
  if (writeSet === undefined || writeSet.groups.size === 0) {
    return "config update contains no changes";
  }
  if (writeSet.values.size > 0) return "config update contains changes to values in group Channel";
  if (writeSet.groups.size > 1) return "config update contains changes to more than one group";
  const orderer = writeSet.groups.get("Orderer");
  if (orderer === undefined) return "update does not contain the Orderer group";
  if (orderer.groups.size > 0) {
    return "config update contains changes to groups within the Orderer group";
  }
  if (!orderer.values.has("ConsensusType")) {
    return "config update does not contain the ConsensusType value";
  }
  return orderer.values.size > 1
    ? "config update contain more then just the ConsensusType value in the Orderer group"
    : undefined;
}

function typeChangeFault(current: OrdererSection, next: OrdererSection): string | undefined {
  if (current.consensusType === next.consensusType) return undefined;
  const change = `attempted to change consensus type from ${current.consensusType} to ${next.consensusType}`;
  if (current.state === "normal") {
    return `${change}, but current config ConsensusType.State is not in maintenance mode`;
  }
  if (next.state === "normal") {
    return `${change}, but next config ConsensusType.State is not in maintenance mode`;
  }
  return `${change}, transition not supported`;
}

function nameOf({ state }: OrdererSection): string {
  return state === "normal" ? "STATE_NORMAL" : "STATE_MAINTENANCE";
}

function consensusMetadata({ channelGroup }: Config): Uint8Array {
  const value = channelGroup?.groups.get("Orderer")?.values.get("ConsensusType")?.value;
  const message = value && tryDecode(ConsensusType, value);
  return message?.metadata ?? new Uint8Array(0);
}
