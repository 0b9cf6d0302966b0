import { describe, expect, test } from "vitest";
import { SharedDialer } from "../../../../cluster/replica/index.ts";
import { CHANNELS_PER_CONNECTION_MAX } from "../../../../cluster/replica/limits.ts";
import { silentMeter, type Meter } from "../../../../src/kernel/ports/meter.ts";
import {
  RpcError,
  type RpcChannel,
  type RpcDialer,
  type RpcTarget,
} from "../../../../src/kernel/ports/rpc.ts";

const ROOT = new Uint8Array([1, 2, 3]);
const OTHER_ROOT = new Uint8Array([1, 2, 4]);

function targetOf(address: string, root: Uint8Array = ROOT): RpcTarget {
  return { address, tls: { rootsPem: [new Uint8Array(root)] } };
}

/** Counts what is dialled, and what is open. */
class CountingDialer implements RpcDialer {
  readonly localCertificate: Uint8Array = new Uint8Array([9]);
  readonly open: string[] = [];
  dialledCount = 0;
  shownCount: number | undefined;

  readonly meter: Meter = {
    ...silentMeter,
    gauge: (options) =>
      options.name === "cluster_comm_egress_tls_connection_count"
        ? {
            ...silentMeter.gauge(options),
            set: (value) => {
              this.shownCount = value;
            },
          }
        : silentMeter.gauge(options),
  };

  dial({ address }: RpcTarget): RpcChannel {
    this.dialledCount += 1;
    this.open.push(address);
    return {
      address,
      unary: () => Promise.reject(new RpcError("UNIMPLEMENTED", `asked ${address}`)),
      stream: () => {
        throw new RpcError("UNIMPLEMENTED", `asked ${address}`);
      },
      close: () => {
        this.open.splice(this.open.indexOf(address), 1);
      },
    };
  }
}

function setUp(): { readonly dialled: CountingDialer; readonly shared: SharedDialer } {
  const dialled = new CountingDialer();
  return { dialled, shared: new SharedDialer({ dialer: dialled, meter: dialled.meter }) };
}

describe("a shared dialer", () => {
  test("connects once to each target, until the last who uses it has closed", () => {
    const { dialled, shared } = setUp();
    const [first, second, third] = [
      shared.dial(targetOf("a:1")),
      shared.dial(targetOf("a:1")),
      shared.dial(targetOf("b:1")),
    ];
    expect(dialled.open).toEqual(["a:1", "b:1"]);
    expect(dialled.shownCount).toBe(2);
    first.close();
    first.close();
    expect(dialled.open).toEqual(["a:1", "b:1"]);
    second.close();
    third.close();
    expect(dialled.open).toEqual([]);
    expect(dialled.shownCount).toBe(0);
    shared.dial(targetOf("a:1"));
    expect(dialled.dialledCount).toBe(3);
  });

  test("does not take one target for another", () => {
    const { dialled, shared } = setUp();
    const targets: readonly RpcTarget[] = [
      targetOf("a:1"),
      targetOf("a:2"),
      targetOf("a:1", OTHER_ROOT),
      { address: "a:1" },
      { address: "a:1", tls: { rootsPem: [] } },
      { address: "a:1", tls: { rootsPem: [ROOT], serverName: "other" } },
      {
        address: "a:1",
        tls: { rootsPem: [ROOT], clientCertificate: { certificatePem: ROOT, keyPem: ROOT } },
      },
    ];
    for (const target of [...targets, ...targets]) shared.dial(target);
    expect(dialled.dialledCount).toBe(targets.length);
  });

  test("gives a further connection to those who do not fit on one", () => {
    const { dialled, shared } = setUp();
    const channels = Array.from({ length: CHANNELS_PER_CONNECTION_MAX + 1 }, () =>
      shared.dial(targetOf("a:1")),
    );
    expect(dialled.open).toEqual(["a:1", "a:1"]);
    channels[0]!.close();
    shared.dial(targetOf("a:1"));
    expect(dialled.dialledCount).toBe(2);
  });

  test("hands calls on, and shows what the node presents", async () => {
    const { dialled, shared } = setUp();
    expect(shared.localCertificate).toBe(dialled.localCertificate);
    const channel = shared.dial(targetOf("a:1"));
    expect(channel.address).toBe("a:1");
    await expect(channel.unary({} as never, {})).rejects.toThrow("asked a:1");
    expect(() => channel.stream({} as never)).toThrow("asked a:1");
  });
});
