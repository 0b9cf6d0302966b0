/** Changes of a channel's consenters and of its orderers' addresses, as changes of the configuration's tree. */
import type { ChannelConfig } from "../../channel/index.ts";
import {
  ConsensusType,
  EtcdraftConfigMetadata,
  OrdererAddresses,
  decode,
  encode,
  type ConfigGroup,
  type EtcdraftConsenter,
} from "../../wire/index.ts";
import { NetworkError } from "../errors.ts";

/** A consenter as the configuration names it: `host:port` and TLS certificate (PEM). */
export interface ConsenterEntry {
  readonly host: string;
  readonly port: number;
  readonly tlsCertPem: Uint8Array;
}

type Change = (root: ConfigGroup) => void;

/** Adds the consenter, and its address to those that the organisation offers to clients and peers. */
export function addConsenter(
  config: ChannelConfig,
  mspId: string,
  { host, port, tlsCertPem }: ConsenterEntry,
): Change {
  const consenter = { host, port, clientTlsCert: tlsCertPem, serverTlsCert: tlsCertPem };
  return (root) => {
    changeConsenters(root, (consenters) => [...consenters, consenter]);
    changeAddresses(root, config, mspId, (addresses) => [
      ...addresses.filter((address) => address !== `${host}:${port}`),
      `${host}:${port}`,
    ]);
  };
}

/** Takes the consenter at `host:port` out, and its address. */
export function removeConsenter(config: ChannelConfig, mspId: string, address: string): Change {
  return (root) => {
    changeConsenters(root, (consenters) =>
      consenters.filter((each) => addressOf(each) !== address),
    );
    changeAddresses(root, config, mspId, (addresses) =>
      addresses.filter((each) => each !== address),
    );
  };
}

/** Gives the consenter at `host:port` another TLS certificate. */
export function renewConsenter(address: string, tlsCertPem: Uint8Array): Change {
  return (root) => {
    changeConsenters(root, (consenters) =>
      consenters.map((each) =>
        addressOf(each) === address
          ? { ...each, clientTlsCert: tlsCertPem, serverTlsCert: tlsCertPem }
          : each,
      ),
    );
  };
}

/** Whether the configuration names a consenter at `host:port`. */
export function namesConsenter({ orderer }: ChannelConfig, address: string): boolean {
  return orderer.consenters.some(({ host, port }) => `${host}:${port}` === address);
}

function addressOf({ host, port }: EtcdraftConsenter): string {
  return `${host}:${port}`;
}

function changeConsenters(
  root: ConfigGroup,
  change: (consenters: EtcdraftConsenter[]) => EtcdraftConsenter[],
): void {
  const values = root.groups.get("Orderer")?.values;
  const value = values?.get("ConsensusType");
  if (values === undefined || value === undefined) {
    throw new NetworkError("refused", "the channel's configuration names no consensus type");
  }
  const type = decode(ConsensusType, value.value);
  const metadata = decode(EtcdraftConfigMetadata, type.metadata);
  const consenters = change(metadata.consenters);
  const changed = {
    ...type,
    metadata: encode(EtcdraftConfigMetadata, { ...metadata, consenters }),
  };
  values.set("ConsensusType", { ...value, value: encode(ConsensusType, changed) });
}

// An organisation without a list leaves the addresses to the channel's, which is not changed.
function changeAddresses(
  root: ConfigGroup,
  { orderer }: ChannelConfig,
  mspId: string,
  change: (addresses: string[]) => string[],
): void {
  const name = orderer.organizations.find((organization) => organization.mspId === mspId)?.name;
  const values = root.groups.get("Orderer")?.groups.get(name ?? "")?.values;
  const value = values?.get("Endpoints");
  if (values === undefined || value === undefined) return;
  const { addresses } = decode(OrdererAddresses, value.value);
  const changed = encode(OrdererAddresses, { addresses: change(addresses) });
  values.set("Endpoints", { ...value, value: changed });
}
