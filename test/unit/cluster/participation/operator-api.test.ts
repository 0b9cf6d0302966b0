import { fc, test as property } from "@fast-check/vitest";
import { beforeEach, describe, expect, test } from "vitest";
import { OperatorApi, type ApiAnswer } from "../../../../cluster/participation/index.ts";
import type { GroupReportSource } from "../../../../cluster/ordering/index.ts";
import { utf8 } from "../../../../src/kernel/bytes.ts";
import { silentLogger } from "../../../../src/kernel/ports/logger.ts";

const BASE = "/heddle/v1/channels";

let transfers: number[];
let isDrained: boolean;

beforeEach(() => {
  transfers = [];
  isDrained = false;
});

/** Member 1 of the voters 1, 2 and 3, of whom 2 is most advanced and 3 silent. */
function group(role: "leader" | "follower" = "leader"): GroupReportSource {
  const followers = [
    { id: 2, match: 9 },
    { id: 3, match: 12 },
    { id: 4, match: 12 },
  ];
  const leadership = { role, term: 4, leaderId: role === "leader" ? 1 : 2 };
  const replica = {
    leadership,
    status: () => ({
      configuration: { voters: [1, 2, 3] },
      followers,
      lastIndex: 12,
      lastTerm: 4,
      commitIndex: 11,
      appliedIndex: 10,
    }),
    transferLeadership: (to: number) => {
      transfers.push(to);
      return Promise.resolve("transferred");
    },
  } as unknown as GroupReportSource["replica"];
  const consenters = ["a", "b", "c"].map((host) => ({ host, port: 7050 }));
  const config = { orderer: { consenters } } as never;
  return {
    channelId: "ch",
    raftId: 1,
    blocks: { height: 8 },
    config: { current: () => config },
    membership: { consenterIds: [1, 2, 3], nextConsenterId: 4 },
    replica,
    activeIds: role === "leader" ? [1, 2, 4] : undefined,
    pending: undefined,
    complaint: undefined,
  };
}

function api(role: "leader" | "follower" = "leader"): OperatorApi {
  const info = { name: "ch", consensusRelation: "consenter", status: "active", height: 8 } as const;
  return new OperatorApi({
    registrar: {
      list: () => [info],
      info: (channelId) => (channelId === "ch" ? info : undefined),
      orderer: (channelId) => (channelId === "ch" ? group(role) : undefined),
    },
    drain: {
      get isOn() {
        return isDrained;
      },
      begin: () => {
        isDrained = true;
        return Promise.resolve();
      },
      end: () => {
        isDrained = false;
        return Promise.resolve();
      },
    },
    logger: silentLogger,
  });
}

function ask(
  method: string,
  path: string,
  body: Uint8Array | undefined = utf8(""),
  role?: "leader" | "follower",
): Promise<ApiAnswer> {
  return api(role).answer({
    method,
    path,
    accept: undefined,
    contentTypes: [],
    body: () => Promise.resolve(body),
  });
}

function content({ body }: ApiAnswer): unknown {
  return JSON.parse(new TextDecoder().decode(body));
}

describe("a report", () => {
  test("says where the member and its group stand", async () => {
    const answer = await ask("GET", `${BASE}/ch`);
    expect(answer.status).toBe(200);
    expect(content(answer)).toMatchObject({
      name: "ch",
      height: 8,
      group: {
        role: "leader",
        term: 4,
        leaderId: 1,
        voters: [1, 2, 3],
        consenters: [
          { raftId: 1, address: "a:7050", isVoter: true, isActive: true },
          { raftId: 2, address: "b:7050", isVoter: true, isActive: true },
          { raftId: 3, address: "c:7050", isVoter: true, isActive: false },
        ],
        pending: null,
      },
    });
  });

  test("of a member that does not lead leaves open who answers", async () => {
    const answer = content(await ask("GET", `${BASE}/ch`, utf8(""), "follower"));
    expect(answer).toMatchObject({
      group: { leaderId: 2, consenters: [{ isActive: null }, {}, {}] },
    });
  });

  test.each([
    ["GET", `${BASE}/other`, 404],
    ["GET", `${BASE}/CH`, 400],
    ["GET", "/heddle/v1/", 404],
    ["GET", `${BASE}/ch/x`, 404],
    ["GET", `${BASE}/ch/transfer-leader/x`, 404],
    ["POST", `${BASE}/ch`, 405],
    ["GET", `${BASE}/ch/transfer-leader`, 405],
    ["GET", "/heddle/v1/drain", 405],
    ["POST", `${BASE}/other/transfer-leader`, 404],
  ])("%s %s is answered with %i", async (method, path, status) => {
    expect((await ask(method, path)).status).toBe(status);
  });
});

describe("leadership", () => {
  test("goes to the most advanced voter that answers", async () => {
    const answer = await ask("POST", `${BASE}/ch/transfer-leader`);
    expect([answer.status, content(answer)]).toEqual([200, { leaderId: 2 }]);
    expect(transfers).toEqual([2]);
  });

  test.each([
    [1, "it leads already"],
    [3, "member 3 does not answer"],
    [4, "member 4 does not vote in this group"],
  ])("does not go to member %i", async (to, reason) => {
    const answer = await ask("POST", `${BASE}/ch/transfer-leader`, utf8(JSON.stringify({ to })));
    expect(answer.status).toBe(409);
    expect(content(answer)).toEqual({ error: `leadership cannot be handed over: ${reason}` });
    expect(transfers).toEqual([]);
  });

  test("is not a follower's to hand over: it names the leader", async () => {
    const answer = await ask("POST", `${BASE}/ch/transfer-leader`, utf8(""), "follower");
    expect(answer.status).toBe(409);
    expect(content(answer)).toEqual({ error: "this node does not lead: member 2 does" });
  });
});

describe("a hostile body", () => {
  test.each([
    ["half an object", '{"to":'],
    ["a list", "[3]"],
    ["null", "null"],
    ["a number", "3"],
    ["a text for an id", '{"to":"3"}'],
    ["a fraction", '{"to":2.5}'],
    ["an id below one", '{"to":0}'],
    ["an id beyond what a number holds", '{"to":1e300}'],
    ["a surplus key", '{"to":2,"x":1}'],
    ["another key", '{"from":2}'],
    ["a prototype", '{"__proto__":{"to":2}}'],
    ["deep nesting", "[".repeat(4_000)],
  ])("with %s is refused and moves nothing", async (_name, text) => {
    const answer = await ask("POST", `${BASE}/ch/transfer-leader`, utf8(text));
    expect(answer.status).toBe(400);
    expect(transfers).toEqual([]);
  });

  test("that is too large is refused, whether it was read or not", async () => {
    const path = `${BASE}/ch/transfer-leader`;
    expect((await ask("POST", path, new Uint8Array(5_000))).status).toBe(413);
    const unread = await api().answer({
      method: "POST",
      path,
      accept: undefined,
      contentTypes: [],
      body: () => Promise.resolve(undefined),
    });
    expect(unread.status).toBe(413);
  });

  property.prop([fc.uint8Array({ minLength: 1, maxLength: 300 })])(
    "of random bytes is answered, and transfers to no one who was not named",
    async (body) => {
      const { status } = await ask("POST", `${BASE}/ch/transfer-leader`, body);
      expect([200, 400, 409]).toContain(status);
    },
  );

  property.prop([fc.string({ maxLength: 20 }), fc.string({ maxLength: 60 })])(
    "nor a hostile method or path does any harm",
    async (method, rest) => {
      const { status } = await ask(method, `/heddle/v1/${rest}`);
      expect([200, 400, 404, 405, 409]).toContain(status);
    },
  );
});

describe("draining", () => {
  test("begins and ends by request, and shows", async () => {
    const begun = await ask("POST", "/heddle/v1/drain");
    expect(content(begun)).toMatchObject({ drained: true, channels: [{ name: "ch" }] });
    expect(content(await ask("GET", BASE))).toMatchObject({ drained: true });
    expect(content(await ask("DELETE", "/heddle/v1/drain"))).toMatchObject({ drained: false });
  });
});
