import { codeUnits } from "../kernel/bytes.ts";
import { EtcdraftConfigMetadata, type EtcdraftOptions } from "../wire/index.ts";
import { decodeValue } from "./config-values.ts";
import { parseDuration } from "./duration.ts";
import { invalidConfig } from "./errors.ts";
import { SNAPSHOT_INTERVAL_BYTES_DEFAULT } from "./limits.ts";

/** An orderer that takes part in consensus. Only consenters use `host` and `port`. */
export interface RaftConsenter {
  readonly host: string;
  readonly port: number;
  readonly clientTlsCertPem: Uint8Array;
  readonly serverTlsCertPem: Uint8Array;
}

/** Invariant: all positive, `electionTicks > heartbeatTicks`. */
export interface RaftOptions {
  readonly tickIntervalMs: number;
  readonly electionTicks: number;
  readonly heartbeatTicks: number;
  /** Appends sent to one follower and not yet answered. */
  readonly inflightBlocksMax: number;
  /** Bytes of blocks between two snapshots of the Raft log. */
  readonly snapshotIntervalBytes: number;
}

/** The consensus metadata of a channel ordered by Raft. */
export interface RaftMetadata {
  /** At least one; no certificate belongs to two of them. */
  readonly consenters: readonly RaftConsenter[];
  readonly options: RaftOptions;
}

/**
 * Reads the metadata of consensus type `etcdraft`. Certificates are kept as they are: who they were issued by is for
 * orderers to check before they order a configuration. Throws `ChannelError` ("invalid-config").
 */
export function readRaftMetadata(path: string, bytes: Uint8Array): RaftMetadata {
  const { options, consenters } = decodeValue(path, EtcdraftConfigMetadata, bytes);
  if (options === undefined) throw invalidConfig(path, "the Raft options are missing");
  if (consenters.length === 0) throw invalidConfig(path, "there is no consenter");
  const read = consenters.map(({ host, port, clientTlsCert, serverTlsCert }) => {
    return { host, port, clientTlsCertPem: clientTlsCert, serverTlsCertPem: serverTlsCert };
  });
  checkCertificates(path, read);
  return { consenters: read, options: readOptions(path, options) };
}

function readOptions(path: string, options: EtcdraftOptions): RaftOptions {
  const tickIntervalMs = parseDuration(options.tickInterval);
  if (tickIntervalMs === undefined || tickIntervalMs <= 0) {
    const shown = JSON.stringify(options.tickInterval.slice(0, 64));
    throw invalidConfig(path, `tick interval ${shown} is not a positive duration, such as "500ms"`);
  }
  for (const key of ["electionTick", "heartbeatTick", "maxInflightBlocks"] as const) {
    if (options[key] === 0) throw invalidConfig(path, `Raft option ${key} is zero`);
  }
  if (options.electionTick <= options.heartbeatTick) {
    throw invalidConfig(
      path,
      `election tick ${options.electionTick} must be greater than heartbeat tick ${options.heartbeatTick}`,
    );
  }
  return {
    tickIntervalMs,
    electionTicks: options.electionTick,
    heartbeatTicks: options.heartbeatTick,
    inflightBlocksMax: options.maxInflightBlocks,
    snapshotIntervalBytes: options.snapshotIntervalSize || SNAPSHOT_INTERVAL_BYTES_DEFAULT,
  };
}

function checkCertificates(path: string, consenters: readonly RaftConsenter[]): void {
  const owners = new Map<string, number>();
  for (const [index, { clientTlsCertPem, serverTlsCertPem }] of consenters.entries()) {
    for (const certificate of [clientTlsCertPem, serverTlsCertPem]) {
      if (certificate.length === 0) {
        throw invalidConfig(path, `consenter ${index + 1} has no TLS certificate`);
      }
      const key = codeUnits(certificate);
      const owner = owners.get(key) ?? index;
      if (owner !== index) {
        throw invalidConfig(
          path,
          `consenters ${owner + 1} and ${index + 1} share a TLS certificate`,
        );
      }
      owners.set(key, index);
    }
  }
}
