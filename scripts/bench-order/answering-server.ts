/**
 * A process that answers every envelope of Broadcast with SUCCESS and does nothing with it: what the wire alone costs.
 *
 *   node answering-server.js PORT CERTIFICATE_FILE KEY_FILE
 */
import { readFile } from "node:fs/promises";
import { GrpcServer } from "../../src/kernel/adapters/grpc-server.ts";
import { serveStream } from "../../src/kernel/ports/rpc.ts";
import { AtomicBroadcastDefinition, Status, methodOf } from "../../src/wire/index.ts";

const [port = "", certificateFile = "", keyFile = ""] = process.argv.slice(2);
const tls = { certificatePem: await readFile(certificateFile), keyPem: await readFile(keyFile) };
const broadcast = serveStream(
  methodOf(AtomicBroadcastDefinition, "broadcast"),
  async (requests, send) => {
    for await (const { payload } of requests) {
      await send({ status: payload.length > 0 ? Status.SUCCESS : Status.BAD_REQUEST, info: "" });
    }
  },
);
await new GrpcServer([broadcast], { host: "127.0.0.1", port: Number(port), tls }).listen();
process.send?.("ready");
