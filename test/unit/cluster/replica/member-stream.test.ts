import { describe, expect, test } from "vitest";
import { CertificateAuthority } from "../../../../src/crypto/adapters/certificate-authority.ts";
import { AsyncQueue } from "../../../../src/kernel/async-queue.ts";
import { silentLogger } from "../../../../src/kernel/ports/logger.ts";
import type { RpcStream } from "../../../../src/kernel/ports/rpc.ts";
import type { StepRequest, StepResponse } from "../../../../src/wire/index.ts";
import { publicKeyOf } from "../../../../cluster/replica/member.ts";
import { MemberStream } from "../../../../cluster/replica/member-stream.ts";
import { RECONNECT_DELAY_MS_MAX, SEND_TIMEOUT_MS } from "../../../../cluster/replica/limits.ts";
import { seededRandom, stoppedClock } from "../../crypto/ports.ts";
import { SeededRandom } from "../../../sim/ports/seeded-random.ts";
import { SimulatedTime } from "../../../../src/sim/ports/simulated-time.ts";

const REQUEST: StepRequest = { payload: undefined };

/** A stream whose sends the test lets through. */
class FakeStream implements RpcStream<StepRequest, StepResponse> {
  readonly responses = new AsyncQueue<StepResponse>(1);
  sentCount = 0;
  isCancelled = false;
  #gate: (() => void)[] = [];
  isOpen = true;
  certificate: Uint8Array | undefined;
  lookCount = 0;

  async send(): Promise<void> {
    if (!this.isOpen) await new Promise<void>((resolve) => this.#gate.push(resolve));
    if (this.isCancelled) throw new Error("cancelled");
    this.sentCount += 1;
  }

  release(): void {
    for (const resolve of this.#gate.splice(0)) resolve();
  }

  end(): void {
    this.responses.end();
  }

  cancel(): void {
    this.isCancelled = true;
    this.release();
  }

  peerCertificate(): Uint8Array | undefined {
    this.lookCount += 1;
    return this.certificate;
  }
}

interface RigOptions {
  countMax?: number;
  bytesMax?: number;
  isOpen?: boolean;
  serverPublicKey?: string;
  certificate?: Uint8Array;
}

function rig(options: RigOptions = {}) {
  const time = new SimulatedTime();
  const streams: FakeStream[] = [];
  const broken: number[] = [];
  const emptied: number[] = [];
  const member: MemberStream = new MemberStream(
    {
      timers: time,
      random: new SeededRandom(1),
      logger: silentLogger,
      open: () => {
        const stream = new FakeStream();
        stream.isOpen = options.isOpen ?? true;
        stream.certificate = options.certificate;
        streams.push(stream);
        return stream;
      },
      onBroken: () => {
        broken.push(time.monotonicMs());
      },
      onEmptied: () => {
        emptied.push(member.count);
      },
    },
    {
      countMax: options.countMax ?? 10,
      bytesMax: options.bytesMax ?? 1_000,
      serverPublicKey: options.serverPublicKey,
    },
  );
  return { time, streams, broken, emptied, member };
}

async function serverCertificate(): Promise<Uint8Array> {
  const deps = { clock: stoppedClock(Date.UTC(2026, 0, 1)), random: seededRandom(1) };
  const name = { commonName: "orderer.example.com", organization: "example.com" };
  return (await CertificateAuthority.createRoot(deps, name)).certificate.der;
}

describe("a stream to a member", () => {
  test("opens once, at the first message, and sends in order", async () => {
    const { time, streams, member } = rig();
    expect(streams).toHaveLength(0);
    for (let count = 0; count < 5; count += 1) expect(member.offer(REQUEST, 1)).toBe(true);
    await time.advance(1);
    expect(streams.map((stream) => stream.sentCount)).toEqual([5]);
    expect(member.count).toBe(0);
  });

  test("says when nothing waits any more: sent, dropped, or closed", async () => {
    const { time, emptied, member } = rig();
    for (let count = 0; count < 5; count += 1) member.offer(REQUEST, 1);
    expect(emptied).toEqual([]);
    await time.advance(1);
    expect(emptied).toEqual([0]);
    member.close();
    expect(emptied).toEqual([0, 0]);
    const away = rig({ isOpen: false });
    for (let count = 0; count < 3; count += 1) away.member.offer(REQUEST, 1);
    away.streams[0]!.cancel();
    await away.time.advance(0);
    expect(away.emptied).toEqual([0]);
    away.member.close();
  });

  test("refuses beyond its count and its bytes, but always takes one", async () => {
    const counted = rig({ countMax: 3, isOpen: false });
    const taken = Array.from({ length: 6 }, () => counted.member.offer(REQUEST, 1));
    // One is being sent, three wait.
    expect(taken).toEqual([true, true, true, true, false, false]);
    const weighed = rig({ bytesMax: 10, isOpen: false });
    expect([50, 50, 1].map((bytes) => weighed.member.offer(REQUEST, bytes))).toEqual([
      true,
      true,
      false,
    ]);
    counted.member.close();
    weighed.member.close();
    await counted.time.advance(1);
  });

  test("drops what waits when it breaks, says so, pauses, and opens again", async () => {
    const { time, streams, broken, member } = rig({ isOpen: false });
    for (let count = 0; count < 3; count += 1) member.offer(REQUEST, 1);
    streams[0]!.cancel();
    await time.advance(0);
    expect(broken).toHaveLength(1);
    expect([member.count, member.isReady, member.offer(REQUEST, 1)]).toEqual([0, false, false]);
    await time.advance(RECONNECT_DELAY_MS_MAX);
    expect(member.offer(REQUEST, 1)).toBe(true);
    expect(streams).toHaveLength(2);
  });

  test("notices an end by the other side while idle", async () => {
    const { time, streams, broken, member } = rig();
    member.offer(REQUEST, 1);
    await time.advance(1);
    streams[0]!.responses.fail(new Error("certificate isn't authorized"));
    await time.advance(0);
    expect(broken).toHaveLength(1);
    expect(member.isReady).toBe(false);
  });

  test("gives up a send that takes too long", async () => {
    const { time, streams, broken, member } = rig({ isOpen: false });
    member.offer(REQUEST, 1);
    await time.advance(SEND_TIMEOUT_MS - 1);
    expect(broken).toHaveLength(0);
    await time.advance(2);
    expect(streams[0]!.isCancelled).toBe(true);
    expect(broken).toHaveLength(1);
  });

  test("looks at the server's certificate once a stream, as soon as it is known", async () => {
    const certificate = await serverCertificate();
    const serverPublicKey = publicKeyOf(certificate);
    const { time, streams, broken, member } = rig({ serverPublicKey });
    member.offer(REQUEST, 1);
    await time.advance(1);
    streams[0]!.certificate = certificate;
    for (let count = 0; count < 5; count += 1) {
      member.offer(REQUEST, 1);
      await time.advance(1);
    }
    expect([streams[0]!.sentCount, streams[0]!.lookCount, broken.length]).toEqual([6, 2, 0]);
  });

  test("breaks a stream to a server with another key", async () => {
    const certificate = await serverCertificate();
    const { time, streams, broken, member } = rig({ serverPublicKey: "another", certificate });
    member.offer(REQUEST, 1);
    await time.advance(1);
    expect([streams[0]!.sentCount, broken.length]).toEqual([0, 1]);
  });

  test("takes nothing after its close", async () => {
    const { time, streams, broken, member } = rig();
    member.offer(REQUEST, 1);
    await time.advance(1);
    member.close();
    expect(member.offer(REQUEST, 1)).toBe(false);
    expect(streams[0]!.isCancelled).toBe(true);
    await time.advance(10_000);
    expect(broken).toHaveLength(0);
  });
});
