import { describe, expect, test } from "vitest";
import { Faults, type PowerLoss } from "../../../src/faults/index.ts";
import { silentLogger } from "../../../src/kernel/ports/logger.ts";
import { offerFaults } from "../../../src/node/fault-endpoint.ts";
import type { Inquiry, Order } from "../../../src/ops/index.ts";

/** What the endpoint answers; `losses` are told to it. */
function endpointOf(
  faults: Faults | undefined,
  losses: (PowerLoss | undefined)[] = [],
): { readonly get: Inquiry; readonly post: Order } {
  const inquiries = new Map<string, Inquiry>();
  const orders = new Map<string, Order>();
  const operations = {
    offer: (path: string, inquiry: Inquiry) => void inquiries.set(path, inquiry),
    accept: (path: string, order: Order) => void orders.set(path, order),
    listen: () => Promise.resolve(0),
    close: () => Promise.resolve(),
  };
  const crash = (powerLoss?: PowerLoss): Promise<void> => {
    losses.push(powerLoss);
    return Promise.resolve();
  };
  const disk = {
    crash,
    get isCut() {
      return losses.length > 0;
    },
  };
  const layer = faults && { faults, disk };
  offerFaults(operations, layer, silentLogger);
  return { get: inquiries.get("/faults")!, post: orders.get("/faults")! };
}

const full = JSON.stringify({ disk: { full: true } });

describe("a node that belongs to no development network", () => {
  test("takes no faults and shows none, and says why", () => {
    const { get, post } = endpointOf(undefined);
    for (const answer of [get(new URLSearchParams()), post(full)]) {
      expect(answer).toMatchObject({
        status: 403,
        body: { error: expect.stringContaining("development networks only") as string },
      });
    }
  });
});

describe("a node of a development network", () => {
  test("replaces all faults by those that it is told, and shows them", () => {
    const faults = new Faults();
    const { get, post } = endpointOf(faults);
    expect(post(full)).toMatchObject({ status: 200 });
    expect(faults.disk.full).toBe(true);
    expect(get(new URLSearchParams())).toEqual({ status: 200, body: faults.settings });
    expect(post("{}")).toMatchObject({ status: 200 });
    expect(faults.disk.full).toBe(false);
  });

  test("lets the power go when it is told to, and takes nothing more", () => {
    const losses: (PowerLoss | undefined)[] = [];
    const { get, post } = endpointOf(new Faults(), losses);
    expect(post('{"powerLoss":{"seed":5}}')).toMatchObject({ status: 200 });
    expect(post('{"powerLoss":{"seed":6}}')).toMatchObject({ status: 410 });
    expect(get(new URLSearchParams())).toMatchObject({ status: 410 });
    expect(losses).toEqual([{ seed: 5 }]);
  });

  test("waits for the steps that it is told, until it is told of none", () => {
    const faults = new Faults();
    const { post } = endpointOf(faults);
    post('{"failpoints":[{"step":"log segment flushed"}]}');
    expect(faults.failpoints).toEqual([{ step: "log segment flushed", moment: "after" }]);
    post("{}");
    expect(faults.failpoints).toEqual([]);
  });

  test.each([
    "",
    "[]",
    '{"disk":{"full":1}}',
    '{"links":[{"peer":""}]}',
    '{"surplus":1}',
    '{"powerLoss":true}',
    '{"powerLoss":{}}',
    '{"powerLoss":{"seed":-1}}',
    '{"failpoints":[{"step":"constructor"}]}',
    '{"failpoints":[{"step":"log segment flushed","moment":"during"}]}',
  ])("refuses %j and keeps the faults that it has", (text) => {
    const faults = new Faults();
    const { post } = endpointOf(faults);
    post(full);
    expect(post(text)).toMatchObject({ status: 400 });
    expect(faults.disk.full).toBe(true);
  });
});
