/** What an operator writes about a node: read once, checked whole, frozen. Nothing below a host sees the file. */
import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { LineCounter, parseDocument } from "yaml";
import { z } from "zod";
import { HeddleError, errorMessage } from "../kernel/error.ts";
import { parseLogSpec } from "../ops/index.ts";

export type ConfigErrorCode =
  "unreadable configuration" | "invalid configuration" | "address in use";

export class ConfigError extends HeddleError<ConfigErrorCode> {
  override readonly name = "ConfigError";
}

export interface ListenConfig {
  /** Interface to listen on. Default: 127.0.0.1, this machine only. */
  readonly host: string;
  /** 0: the system chooses. */
  readonly port: number;
}

/** What orderers and peers have in common. Paths are absolute once it is loaded. */
export interface CommonConfig {
  /** Name of the node: in its log, and the host name that its TLS certificate carries. */
  readonly name: string;
  readonly listen: ListenConfig;
  /** HTTP endpoints for operators: /healthz, /metrics, /version, /logspec. */
  readonly operations: ListenConfig;
  /** Everything that the node writes is in here. */
  readonly dataDirectory: string;
  /** Identity of the node: an MSP folder as Fabric has it. */
  readonly msp: { readonly id: string; readonly directory: string };
  readonly tls: { readonly certificateFile: string; readonly keyFile: string };
  /** Channels that the node joins at its first start. It may have none and join them while it runs. */
  readonly channels: readonly { readonly genesisBlockFile: string }[];
  /**
   * Host name to address, for names that no resolver knows; `*.example.com` for all below a domain. Certificates are
   * still checked against the name.
   */
  readonly hostAddresses: Readonly<Record<string, string>>;
  /** Fabric's logging specification. Default: info. */
  readonly log: { readonly spec: string };
  /** `faults`: whoever reaches the operations listener may cut links and fill disks. Only on loopback. Default: none. */
  readonly development?: { readonly faults: boolean };
}

export interface AdminConfig {
  readonly listen: ListenConfig;
  /** PEM files of the CAs whose certificates administrators present. At least one. */
  readonly clientRootFiles: readonly string[];
  /** Bytes of a request, which holds a config block. Default 1 MiB. */
  readonly requestBytesMax: number;
}

export interface OrdererConfig extends CommonConfig {
  readonly kind: "orderer";
  /** Fabric's channel participation API, with mutual TLS. Absent: it is not served. */
  readonly admin?: AdminConfig;
  /** Envelopes that clients may have ordered here. Absent: no limit, as in Fabric. */
  readonly rateLimits?: RateLimitsConfig;
}

/** `perSecond` in the long run, `burst` at once. */
export interface RateConfig {
  readonly perSecond: number;
  readonly burst: number;
}

export interface RateLimitsConfig {
  /** For each client identity. */
  readonly client?: RateConfig;
  /** For all clients of an organisation together. */
  readonly organization?: RateConfig;
}

export interface PeerConfig extends CommonConfig {
  readonly kind: "peer";
  readonly chaincode: {
    /** Where chaincode that this peer launches dials it. */
    readonly listen: ListenConfig;
    /** Longest time of one invocation. Default 30,000. */
    readonly executeTimeoutMs: number;
    /** Heap of one chaincode process. Default 256. */
    readonly heapMebibytesMax: number;
  };
  readonly gossip: {
    /** host:port that other peers and clients dial. */
    readonly externalEndpoint: string;
    /** Peers of the own organisation to ask first. Default: none. */
    readonly bootstrap: readonly string[];
    /** `fabric`: no quicker than Fabric's peers are by default, for channels that have some. Default: `heddle`. */
    readonly timing: "heddle" | "fabric";
  };
}

const MEBIBYTE = 1_048_576;
const LOOPBACKS: ReadonlySet<string> = new Set(["127.0.0.1", "::1", "localhost"]);

const file = z.string().min(1);
const listen = z.strictObject({
  host: z.string().min(1).default("127.0.0.1"),
  port: z.number().int().min(0).max(65_535),
});
const hostAndPort = z
  .string()
  .regex(/^[^\s:]+:\d{1,5}$/, "expected host:port, such as peer0.org1.example.com:7051");
const genesisBlockFile = z.strictObject({ genesisBlockFile: file });
const logSpec = z.string().superRefine((text, context) => {
  const parsed = parseLogSpec(text);
  if (!parsed.ok) context.addIssue({ code: "custom", message: parsed.reason });
});

const common = {
  name: z.string().min(1),
  listen,
  operations: listen,
  dataDirectory: file,
  msp: z.strictObject({ id: z.string().min(1), directory: file }),
  tls: z.strictObject({ certificateFile: file, keyFile: file }),
  channels: z.array(genesisBlockFile).default([]),
  hostAddresses: z.record(z.string(), z.string()).default({}),
  log: z.strictObject({ spec: logSpec.default("info") }).default({ spec: "info" }),
  development: z.strictObject({ faults: z.boolean() }).exactOptional(),
};

const adminSchema = z.strictObject({
  listen,
  clientRootFiles: z.array(file).min(1),
  requestBytesMax: z
    .number()
    .int()
    .min(1_024)
    .max(64 * MEBIBYTE)
    .default(MEBIBYTE),
});

const rate = z
  .strictObject({
    perSecond: z.number().positive().max(1_000_000),
    burst: z.number().int().min(1).max(10_000_000).optional(),
  })
  // By default as many at once as come in a second.
  .transform(({ perSecond, burst = Math.max(1, Math.ceil(perSecond)) }) => ({ perSecond, burst }));
const rateLimitsSchema = z.strictObject({
  client: rate.exactOptional(),
  organization: rate.exactOptional(),
});

const ordererSchema: z.ZodType<OrdererConfig> = z.strictObject({
  kind: z.literal("orderer"),
  ...common,
  admin: adminSchema.exactOptional(),
  rateLimits: rateLimitsSchema.exactOptional(),
});

const peerSchema: z.ZodType<PeerConfig> = z.strictObject({
  kind: z.literal("peer"),
  ...common,
  chaincode: z.strictObject({
    listen,
    executeTimeoutMs: z.number().int().min(100).max(3_600_000).default(30_000),
    heapMebibytesMax: z.number().int().min(32).max(65_536).default(256),
  }),
  gossip: z.strictObject({
    externalEndpoint: hostAndPort,
    bootstrap: z.array(hostAndPort).default([]),
    timing: z.enum(["heddle", "fabric"]).default("heddle"),
  }),
});

export async function loadOrdererConfig(path: string): Promise<OrdererConfig> {
  const config = await load(path, ordererSchema);
  const { admin } = config;
  if (admin === undefined) return config;
  const base = dirname(resolve(path));
  const clientRootFiles = admin.clientRootFiles.map((root) => resolve(base, root));
  return Object.freeze({ ...config, admin: { ...admin, clientRootFiles } });
}

export function loadPeerConfig(path: string): Promise<PeerConfig> {
  return load(path, peerSchema);
}

async function load<T extends CommonConfig>(path: string, schema: z.ZodType<T>): Promise<T> {
  const text = await readFile(path, "utf8").catch((cause: unknown) => {
    throw new ConfigError(
      "unreadable configuration",
      `cannot read the configuration ${path}: ${errorMessage(cause)}`,
      {
        cause,
        data: { path },
      },
    );
  });
  const parsed = schema.safeParse(documentOf(path, text));
  if (!parsed.success) throw invalid(path, parsed.error.issues.map(problemOf));
  const { development, operations } = parsed.data;
  if (development?.faults === true && !LOOPBACKS.has(operations.host)) {
    throw invalid(path, [
      `development.faults: anybody who reaches ${operations.host} could stop this node; listen on 127.0.0.1, or remove the key`,
    ]);
  }
  return Object.freeze(absolute(parsed.data, dirname(resolve(path))));
}

function documentOf(path: string, text: string): unknown {
  const document = parseDocument(text, { lineCounter: new LineCounter(), prettyErrors: true });
  const { errors } = document;
  if (errors.length > 0) {
    throw invalid(
      path,
      errors.map(({ message }) => message),
    );
  }
  try {
    return document.toJS({ maxAliasCount: 10 });
  } catch (error) {
    // An alias of nothing, or aliases that multiply.
    throw invalid(path, [errorMessage(error)]);
  }
}

function problemOf(issue: z.core.$ZodIssue): string {
  const where = issue.path.map(String).join(".");
  return where === "" ? issue.message : `${where}: ${issue.message}`;
}

function invalid(path: string, problems: readonly string[]): ConfigError {
  const list = problems.map((problem) => `\n  - ${problem}`).join("");
  return new ConfigError(
    "invalid configuration",
    `the configuration ${path} is not valid:${list}`,
    {
      data: { path, problems },
    },
  );
}

function absolute<T extends CommonConfig>(config: T, base: string): T {
  const at = (path: string): string => resolve(base, path);
  return {
    ...config,
    dataDirectory: at(config.dataDirectory),
    msp: { ...config.msp, directory: at(config.msp.directory) },
    tls: { certificateFile: at(config.tls.certificateFile), keyFile: at(config.tls.keyFile) },
    channels: config.channels.map((channel) => ({
      genesisBlockFile: at(channel.genesisBlockFile),
    })),
  };
}
