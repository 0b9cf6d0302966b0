/** Takes an administrator's requests to an orderer over HTTPS with mutual TLS. */
import { request } from "node:https";
import { NetworkError } from "../errors.ts";
import type { AdminAnswer, AdminCall } from "./orderer-admin.ts";

export interface AdminOverTlsOptions {
  /** Name of the orderer: its TLS certificate carries it. */
  readonly name: string;
  readonly host: string;
  readonly port: number;
  /** PEM. */
  readonly rootPem: Uint8Array;
  readonly certificatePem: Uint8Array;
  readonly keyPem: Uint8Array;
}

/** An orderer answers a configuration update when it is ordered, or after fifteen seconds. */
const TIMEOUT_MS = 20_000;
const ANSWER_BYTES_MAX = 16 * 1024 * 1024;

export function adminOverTls(options: AdminOverTlsOptions): AdminCall {
  const { name, host, port, rootPem, certificatePem, keyPem } = options;
  return ({ method, path, form }) =>
    new Promise<AdminAnswer>((resolve, reject) => {
      const call = request(
        {
          host,
          port,
          method,
          path,
          servername: name,
          ca: Buffer.from(rootPem),
          cert: Buffer.from(certificatePem),
          key: Buffer.from(keyPem),
          agent: false,
          timeout: TIMEOUT_MS,
          ...(form === undefined
            ? {}
            : { headers: { "Content-Type": form.type, "Content-Length": form.body.length } }),
        },
        (response) => {
          const chunks: Buffer[] = [];
          let length = 0;
          response.on("data", (chunk: Buffer) => {
            length += chunk.length;
            if (length > ANSWER_BYTES_MAX) response.destroy(new Error("the answer is too long"));
            chunks.push(chunk);
          });
          response.on("error", reject);
          response.on("end", () => {
            resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks) });
          });
        },
      );
      call.on("timeout", () => {
        call.destroy(new Error(`no answer within ${TIMEOUT_MS} ms`));
      });
      call.on("error", (cause) => {
        reject(
          new NetworkError(
            "not running",
            `${name} does not answer on its administration port ${port} (${cause.message}); see \`heddle status\``,
            { cause },
          ),
        );
      });
      call.end(form?.body);
    });
}
