import { utf8 } from "../../kernel/bytes.ts";
import type { RpcTarget, RpcTargetTls } from "../../kernel/ports/rpc.ts";
import { ChaincodeError } from "../errors.ts";
import { DIAL_TIMEOUT_MS, DIAL_TIMEOUT_MS_MAX } from "../limits.ts";
import { parseJsonObject } from "./package-metadata.ts";

/** How a peer reaches a chaincode that runs as a service. */
export interface ChaincodeConnection {
  readonly target: RpcTarget;
  readonly dialTimeoutMs: number;
}

type Fields = Readonly<Record<string, unknown>>;

const ADDRESS = /^[^\s/]+:\d{1,5}$/;
const DURATION_PART = /(\d+(?:\.\d+)?)(ms|s|m|h)/g;
const DURATION = /^(?:\d+(?:\.\d+)?(?:ms|s|m|h))+$/;
const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/**
 * Reads connection.json: address, dial_timeout (Go's notation, default 3s), tls_required, root_cert, and
 * client_auth_required with client_cert and client_key; certificates and keys are PEM text.
 * Throws `ChaincodeError` ("invalid-package").
 */
export function parseConnection(bytes: Uint8Array): ChaincodeConnection {
  const fields = parseJsonObject(bytes, "connection.json");
  const address = textOf(fields, "address");
  if (!ADDRESS.test(address)) {
    throw malformed(`the chaincode address '${address}' must be host:port`);
  }
  const tls = fields["tls_required"] === true ? tlsOf(fields) : undefined;
  return {
    target: tls === undefined ? { address } : { address, tls },
    dialTimeoutMs: durationMs(textOf(fields, "dial_timeout")),
  };
}

function tlsOf(fields: Fields): RpcTargetTls {
  const root = textOf(fields, "root_cert");
  if (root === "") throw malformed("chaincode tls root cert not provided");
  const rootsPem = [utf8(root)];
  if (fields["client_auth_required"] !== true) return { rootsPem };
  const certificate = textOf(fields, "client_cert");
  const key = textOf(fields, "client_key");
  if (certificate === "") throw malformed("chaincode client cert not provided");
  if (key === "") throw malformed("chaincode client key not provided");
  return {
    rootsPem,
    clientCertificate: { certificatePem: utf8(certificate), keyPem: utf8(key) },
  };
}

function durationMs(text: string): number {
  if (text === "") return DIAL_TIMEOUT_MS;
  if (text.length > 32 || !DURATION.test(text)) {
    throw malformed(`dial_timeout '${text}' must be a duration such as 10s`);
  }
  let totalMs = 0;
  for (const [, count, unit] of text.matchAll(DURATION_PART)) {
    totalMs += Number(count) * (UNIT_MS[unit ?? ""] ?? 0);
  }
  return Math.min(Math.max(totalMs, 1), DIAL_TIMEOUT_MS_MAX);
}

function textOf(fields: Fields, name: string): string {
  const value = fields[name] ?? "";
  if (typeof value === "string") return value;
  throw malformed(`'${name}' must be a string`);
}

function malformed(reason: string): ChaincodeError {
  return new ChaincodeError("invalid-package", `connection.json: ${reason}`);
}
