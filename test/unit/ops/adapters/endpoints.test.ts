import { afterEach, describe, expect, test } from "vitest";
import { systemClock } from "../../../../src/kernel/adapters/system-clock.ts";
import { systemTimers } from "../../../../src/kernel/adapters/system-timers.ts";
import { OpsEndpoints } from "../../../../src/ops/adapters/http-endpoints.ts";
import { PinoLog } from "../../../../src/ops/adapters/pino-log.ts";
import { PrometheusMeter } from "../../../../src/ops/adapters/prometheus-meter.ts";
import { Health } from "../../../../src/ops/index.ts";

const closers: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function start(): Promise<{
  url: string;
  health: Health;
  log: PinoLog;
  lines: string[];
  meter: PrometheusMeter;
}> {
  const lines: string[] = [];
  const log = new PinoLog({
    spec: "info",
    node: "n1",
    destination: { write: (line) => lines.push(line) },
  });
  const meter = new PrometheusMeter({ process: false });
  const health = new Health({ clock: systemClock, timers: systemTimers });
  const endpoints = new OpsEndpoints(
    { health, metrics: () => meter.expose(), log, version: { version: "1.2.3", commit: "abc" } },
    { host: "127.0.0.1", port: 0 },
  );
  const port = await endpoints.listen();
  closers.push(() => endpoints.close());
  return { url: `http://127.0.0.1:${port}`, health, log, lines, meter };
}

describe("operations endpoints", () => {
  test("healthz says OK, and 503 with the failed component and its reason", async () => {
    const { url, health } = await start();
    const well = await fetch(`${url}/healthz`);
    expect([well.status, await well.json()]).toMatchObject([200, { status: "OK" }]);
    health.register("ledger", () => Promise.reject(new Error("disk full")));
    const ill = await fetch(`${url}/healthz`);
    expect([ill.status, await ill.json()]).toMatchObject([
      503,
      { failed_checks: [{ component: "ledger", reason: "disk full" }] },
    ]);
  });

  test("metrics are in Prometheus' text format", async () => {
    const { url, meter } = await start();
    meter
      .counter({ name: "things_total", help: "Things.", labels: ["kind"] })
      .add(2, { kind: "a" });
    meter
      .counter({ name: "things_total", help: "Things.", labels: ["kind"] })
      .add(1, { kind: "a" });
    const text = await (await fetch(`${url}/metrics`)).text();
    expect(text).toContain('things_total{kind="a"} 3');
  });

  test("version carries Fabric's field names", async () => {
    const { url } = await start();
    expect(await (await fetch(`${url}/version`)).json()).toEqual({
      CommitSHA: "abc",
      Version: "1.2.3",
    });
  });

  test("logspec is read, changed at once for loggers that exist, and refused when malformed", async () => {
    const { url, log, lines } = await start();
    const gossip = log.logger.child("gossip");
    gossip.debug("unheard");
    const changed = await fetch(`${url}/logspec`, {
      method: "PUT",
      body: '{"spec":"info:gossip=debug"}',
    });
    expect(changed.status).toBe(204);
    gossip.debug("heard", { height: 3 });
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0]!)).toMatchObject({
      level: "debug",
      node: "n1",
      component: "gossip",
      height: 3,
      msg: "heard",
    });
    expect(await (await fetch(`${url}/logspec`)).json()).toEqual({ spec: "info:gossip=debug" });
    const refused = await fetch(`${url}/logspec`, { method: "PUT", body: '{"spec":"bogus="}' });
    expect([refused.status, await refused.json()]).toEqual([
      400,
      { error: "invalid logging specification 'bogus=': bad segment 'bogus='" },
    ]);
  });

  test.for(["{", "[]", "null", '{"spec":1}', "x".repeat(20_000)])(
    "the body %s is refused",
    async (body) => {
      const { url } = await start();
      expect((await fetch(`${url}/logspec`, { method: "PUT", body })).status).toBe(400);
    },
  );

  test("other verbs and paths are refused", async () => {
    const { url } = await start();
    expect((await fetch(`${url}/healthz`, { method: "POST" })).status).toBe(405);
    expect((await fetch(`${url}/nothing`)).status).toBe(404);
  });

  test("secrets and stacks do not reach the log", async () => {
    const { log, lines } = await start();
    log.logger.info("started", {
      keyPem: "-----BEGIN",
      error: new Error("boom"),
      id: new Uint8Array([255]),
    });
    expect(lines[0]).not.toContain("BEGIN");
    expect(lines[0]).not.toContain("stack");
    expect(JSON.parse(lines[0]!)).toMatchObject({ error: { message: "boom" }, id: "ff" });
  });
});
