import { describe, expect, test } from "vitest";
import { GATHER_COUNT_MIN, GATHER_MS_MAX } from "../../../cluster/ordering/limits.ts";
import { runClosedLoop, type LoopFigures } from "./closed-loop.ts";

const AS_SHIPPED = { gatherMsMax: GATHER_MS_MAX, gatherCountMin: GATHER_COUNT_MIN };
const CUT_WHEN_IDLE = { ...AS_SHIPPED, gatherMsMax: 0 };

function both(clients: number, thinkMs = 0): { shipped: LoopFigures; idle: LoopFigures } {
  const options = { clients, thinkMs, durationMs: 15_000 };
  return {
    shipped: runClosedLoop({ ...options, gathering: AS_SHIPPED }),
    idle: runClosedLoop({ ...options, gathering: CUT_WHEN_IDLE }),
  };
}

describe("clients that send again when their transaction is committed, on a machine of two cores", () => {
  test.each([
    [1, 0],
    [2, 0],
    [4, 100],
    [16, 300],
  ])("wait no longer where load is low: %d clients that pause %d ms", (clients, thinkMs) => {
    const { shipped, idle } = both(clients, thinkMs);
    expect(shipped.latencyMs).toBeLessThanOrEqual(idle.latencyMs * 1.01);
    expect(shipped.orderMs).toBeLessThan(15);
  });

  test.each([16, 64, 256])("fill blocks and get more done under load: %d clients", (clients) => {
    const { shipped, idle } = both(clients);
    expect(shipped.perBlock).toBeGreaterThan(Math.max(6, 2.9 * idle.perBlock));
    expect(shipped.perSecond).toBeGreaterThan(1.3 * idle.perSecond);
    expect(shipped.latencyMs).toBeLessThan(idle.latencyMs);
  });

  test("get the same figures from the same run", () => {
    expect(both(16)).toEqual(both(16));
  });
});
