import type { ConfChange } from "../../../../cluster/raft/configuration.ts";
import { configurationOf } from "../../../../cluster/raft/configuration.ts";
import type { RaftMessage, RaftOptions, Snapshot } from "../../../../cluster/raft/index.ts";
import type { Random } from "../../../../src/kernel/ports/random.ts";
import { utf8 } from "../../../../src/kernel/bytes.ts";
import { parseOps } from "../configuration-text.ts";
import type { DatadrivenCase } from "../datadriven.ts";
import type { LocalReport } from "./node.ts";
import { ScriptedNode } from "./node.ts";
import { ScriptOutput } from "./output.ts";
import type { Forwarded, ProposedChange } from "./ready.ts";
import { appendWorkText, applyWorkText, forwardedText, readyLines } from "./ready.ts";
import { shownTerm } from "./terms.ts";
import {
  PLACEHOLDER,
  entryText,
  messageText,
  progressLines,
  snapshotText,
  stateLine,
} from "./text.ts";

const ELECTION_TICKS = 3;
const HEARTBEAT_TICKS = 1;
const UNBOUNDED = 2 ** 30;
const STABILIZE_ROUNDS_MAX = 1_000;

/** What is on its way: a message, what a storage reports to its own node, or a proposal to the leader. */
type Travelling =
  | { readonly to: number; readonly message: RaftMessage }
  | { readonly to: number; readonly report: LocalReport }
  | (Forwarded & { readonly isForwarded: true });

/** The nodes of one script and what is on its way between them. */
export class ScriptedGroup {
  readonly #nodes: ScriptedNode[] = [];
  #travelling: Travelling[] = [];
  readonly #output = new ScriptOutput();
  readonly #timeouts: ReadonlyMap<number, number>;

  /**
   * A script sets election timeouts while a node waits; ours are drawn when it begins to. So each node draws from the
   * start the value that the script of these `cases` will set for it.
   */
  constructor(cases: readonly DatadrivenCase[]) {
    const settings = cases.filter(({ command }) => command === "set-randomized-election-timeout");
    this.#timeouts = new Map(
      settings.map(
        (setting) => [idsOf(setting)[0]!, Number(argument(setting, "timeout"))] as const,
      ),
    );
  }

  /** Runs one command and returns what it prints. */
  run(testCase: DatadrivenCase): string {
    const handler = this.#handlers[testCase.command];
    if (handler === undefined) throw new Error(`unknown command ${testCase.command}`);
    handler(testCase, idsOf(testCase));
    return this.#output.take();
  }

  readonly #handlers: Record<string, (testCase: DatadrivenCase, ids: readonly number[]) => void> = {
    "add-nodes": (testCase, [count = 0]) => {
      this.#addNodes(testCase, count);
    },
    campaign: (_, [id]) => {
      this.#node(id).raft.step({ type: "campaign" });
    },
    compact: (_, [id, index = 0]) => {
      this.#node(id).compact(index);
      this.#printLog(id);
    },
    "deliver-msgs": (testCase, ids) => {
      this.#deliverMessages(testCase, ids);
    },
    "forget-leader": (_, [id]) => {
      this.#node(id).raft.step({ type: "forgetLeader" });
    },
    "log-level": ({ words: [level] }) => {
      this.#output.isQuiet = level === "none";
    },
    "process-append-thread": (_, ids) => {
      this.#each(ids, "processing append thread", (node) => this.#workOfStorage(node));
    },
    "process-apply-thread": (_, ids) => {
      this.#each(ids, "processing apply thread", (node) => this.#workOfApplication(node));
    },
    "process-ready": (_, ids) => {
      this.#each(ids, "handling Ready", (node) => this.#handleReady(node));
    },
    propose: ({ words: [, data = ""] }, [id]) => {
      const result = this.#node(id).raft.propose([utf8(data)]);
      if (!result.accepted) this.#output.add("raft proposal dropped");
    },
    "propose-conf-change": (testCase, [id]) => {
      this.#proposeChange(testCase, this.#node(id));
    },
    "raft-log": (_, [id]) => {
      this.#printLog(id);
    },
    "raft-state": () => {
      this.#output.add(...this.#nodes.map((node) => stateLine(node.status)));
    },
    "report-unreachable": (_, [id, peer = 0]) => {
      this.#node(id).raft.step({ type: "unreachable", id: peer });
    },
    "send-snapshot": (_, [from, to = 0]) => {
      this.#sendSnapshot(this.#node(from), to);
    },
    "set-randomized-election-timeout": () => undefined,
    stabilize: (testCase, ids) => {
      this.#stabilize(testCase, ids);
    },
    status: (_, [id]) => {
      const { status, options } = this.#node(id);
      this.#output.add(...progressLines(status, options.inflightMessagesMax));
    },
    "tick-election": (_, [id]) => {
      this.#tick(this.#node(id), ELECTION_TICKS);
    },
    "tick-heartbeat": (_, [id]) => {
      this.#tick(this.#node(id), HEARTBEAT_TICKS);
    },
    "transfer-leadership": (testCase) => {
      const to = Number(argument(testCase, "to"));
      this.#node(Number(argument(testCase, "from"))).raft.step({ type: "transfer", to });
    },
  };

  #node(id: number | undefined): ScriptedNode {
    const node = this.#nodes.find((candidate) => candidate.id === id);
    if (node === undefined) throw new Error(`no node ${String(id)}`);
    return node;
  }

  #addNodes(testCase: DatadrivenCase, count: number): void {
    const numbers = (key: string): number[] => (testCase.args.get(key) ?? []).map(Number);
    const index = numbers("index")[0] ?? 0;
    const term = index === 0 ? 0 : 1;
    const configuration = { ...configurationOf(numbers("voters")), learners: numbers("learners") };
    const data = utf8(argument(testCase, "content") ?? "");
    const snapshot: Snapshot = { index, term, configuration, data };
    const hardState = { term, votedFor: undefined, commit: index };
    const isAsync = argument(testCase, "async-storage-writes") === "true";
    for (let added = 0; added < count; added += 1) {
      const options = this.#optionsOf(this.#nodes.length + 1, testCase);
      const restored = { hardState, snapshot, entries: [], appliedIndex: index };
      this.#nodes.push(new ScriptedNode(options, restored, isAsync));
    }
  }

  #optionsOf(id: number, testCase: DatadrivenCase): RaftOptions {
    return {
      id,
      electionTicks: ELECTION_TICKS,
      // etcd's library asks once, and knows no precedence.
      hastensElections: false,
      // Nor does it speak to a member again that it has removed.
      tellsRemoved: false,
      tellsCommit: false,
      heartbeatTicks: HEARTBEAT_TICKS,
      messageBytesMax: UNBOUNDED,
      inflightMessagesMax: Number(argument(testCase, "inflight") ?? UNBOUNDED),
      inflightBytesMax: UNBOUNDED,
      pendingBytesMax: UNBOUNDED,
      applyBytesMax: UNBOUNDED,
      random: drawing((this.#timeouts.get(id) ?? ELECTION_TICKS) - ELECTION_TICKS),
      preVote: argument(testCase, "prevote") === "true",
      checkQuorum: argument(testCase, "checkquorum") === "true",
      stepDownOnRemoval: argument(testCase, "step-down-on-removal") === "true",
    };
  }

  #deliverMessages(testCase: DatadrivenCase, ids: readonly number[]): void {
    const type = argument(testCase, "type");
    const dropped = (testCase.args.get("drop") ?? []).map(Number);
    const waitingCount = this.#travelling.length;
    for (const id of ids) this.#output.add(...this.#deliver(id, false, type));
    for (const id of dropped) this.#output.add(...this.#deliver(id, true, type));
    if (this.#travelling.length === waitingCount) this.#output.add("no messages");
  }

  #deliver(id: number, isDropped: boolean, type?: string): readonly string[] {
    const isFor = (item: Travelling): boolean => {
      if (item.to !== id) return false;
      if (!("message" in item)) return !isDropped && type === undefined;
      return type === undefined || messageText(item.message).includes(` ${type} `);
    };
    const items = this.#travelling.filter(isFor);
    this.#travelling = this.#travelling.filter((item) => !isFor(item));
    return items.flatMap((item) => {
      if ("report" in item) {
        this.#node(id).receiveReport(item.report);
        return [];
      }
      if ("isForwarded" in item) {
        this.#proposeHere(this.#node(id), item.proposal);
        return [forwardedText(item)];
      }
      if (!isDropped) this.#node(id).raft.step({ type: "message", message: item.message });
      return `${isDropped ? "dropped: " : ""}${messageText(item.message)}`.split("\n");
    });
  }

  #each(
    ids: readonly number[],
    title: string,
    handle: (node: ScriptedNode) => readonly string[],
  ): void {
    for (const id of ids) {
      const node = this.#node(id);
      if (ids.length === 1) this.#output.add(...handle(node));
      else this.#output.section(`> ${id} ${title}`, () => handle(node));
    }
  }

  #handleReady(node: ScriptedNode): readonly string[] {
    const ready = node.handleReady();
    for (const message of ready.messages) this.#travelling.push({ to: message.to, message });
    for (const item of ready.forwarded) this.#travelling.push({ ...item, isForwarded: true });
    return readyLines(ready);
  }

  #workOfStorage(node: ScriptedNode): readonly string[] {
    const work = node.appendWork.shift();
    if (work === undefined) return ["no append work to perform"];
    node.storage.append(work.entries);
    for (const message of work.responses) this.#travelling.push({ to: message.to, message });
    const report: LocalReport = { type: "persisted", tokens: work.tokens };
    if (work.tokens.length > 0) this.#travelling.push({ to: node.id, report });
    const answers = work.responses.flatMap((message) => messageText(message).split("\n"));
    return ["Processing:", ...appendWorkText(work).split("\n"), "Responses:", ...answers];
  }

  #workOfApplication(node: ScriptedNode): readonly string[] {
    const entries = node.applyWork.shift();
    if (entries === undefined) return ["no apply work to perform"];
    this.#travelling.push({ to: node.id, report: { type: "applied", entries } });
    return ["Processing:", ...applyWorkText(node.id, entries).split("\n"), "Responses:"];
  }

  #proposeChange(testCase: DatadrivenCase, node: ScriptedNode): void {
    const transition = argument(testCase, "transition") ?? "auto";
    if (transition !== "auto" && transition !== "implicit" && transition !== "explicit") {
      throw new Error(`unknown transition ${transition}`);
    }
    const ops = parseOps(testCase.input);
    const change: ConfChange = { transition, ops, context: new Uint8Array() };
    const kind = argument(testCase, "v1") === "true" ? "v1" : "v2";
    // The bytes of a change are the driver's matter. These only tell it from an empty entry.
    // The bytes of a change are the driver's matter: the interpreter has none and hands the change itself on.
    const proposal = { change, kind } as const;
    const { role, leaderId } = node.status;
    if (role !== "leader" && leaderId !== undefined) node.forward(leaderId, proposal);
    else this.#proposeHere(node, proposal);
  }

  // etcd puts an empty entry in place of a change that it refuses.
  #proposeHere({ raft }: ScriptedNode, { change, kind }: ProposedChange): void {
    const result = raft.proposeConfChange(change, new Uint8Array(), kind);
    if (result.accepted) return;
    if (result.reason.startsWith("configuration change")) raft.propose([PLACEHOLDER]);
    else this.#output.add("raft proposal dropped");
  }

  #printLog(id: number | undefined): void {
    const { entries, firstIndex } = this.#node(id).storage;
    const empty = `log is empty: first index=${firstIndex}, last index=${firstIndex - 1}`;
    this.#output.add(...(entries.length === 0 ? [empty] : entries.map(entryText)));
  }

  #sendSnapshot(from: ScriptedNode, to: number): void {
    const snapshot = from.storage.latestSnapshot;
    const { term } = from.status;
    this.#travelling.push({ to, message: { type: "snapshot", from: from.id, to, term, snapshot } });
    this.#output.add(
      `${from.id}->${to} MsgSnap Term:${shownTerm(term)} Log:0/0`,
      `  Snapshot: ${snapshotText(snapshot)}`,
    );
  }

  #stabilize(testCase: DatadrivenCase, ids: readonly number[]): void {
    const wasQuiet = this.#output.isQuiet;
    if (argument(testCase, "log-level") === "none") this.#output.isQuiet = true;
    const nodes = ids.length === 0 ? this.#nodes : ids.map((id) => this.#node(id));
    for (let round = 0; this.#stabilizeOnce(nodes); round += 1) {
      if (round > STABILIZE_ROUNDS_MAX) throw new Error("the group does not settle");
    }
    this.#output.isQuiet = wasQuiet;
  }

  #stabilizeOnce(nodes: readonly ScriptedNode[]): boolean {
    let isBusy = false;
    const section = (node: ScriptedNode, title: string, fill: () => readonly string[]): void => {
      isBusy = true;
      this.#output.section(`> ${node.id} ${title}`, fill);
    };
    for (const node of nodes) {
      if (node.hasReady()) section(node, "handling Ready", () => this.#handleReady(node));
    }
    for (const node of nodes) {
      if (!this.#travelling.some(({ to }) => to === node.id)) continue;
      section(node, "receiving messages", () => this.#deliver(node.id, false));
    }
    for (const node of nodes) {
      if (node.appendWork.length === 0) continue;
      section(node, "processing append thread", () => {
        const lines: string[] = [];
        while (node.appendWork.length > 0) lines.push(...this.#workOfStorage(node));
        return lines;
      });
    }
    for (const node of nodes) {
      if (node.applyWork.length === 0) continue;
      section(node, "processing apply thread", () => {
        const lines: string[] = [];
        while (node.applyWork.length > 0) lines.push(...this.#workOfApplication(node));
        return lines;
      });
    }
    return isBusy;
  }

  #tick(node: ScriptedNode, count: number): void {
    for (let tick = 0; tick < count; tick += 1) node.raft.step({ type: "tick" });
  }
}

function idsOf({ words }: DatadrivenCase): readonly number[] {
  return words.map(Number).filter((id) => Number.isInteger(id));
}

function argument({ args }: DatadrivenCase, key: string): string | undefined {
  return args.get(key)?.[0];
}

function drawing(value: number): Random {
  return {
    uint32: () => value,
    below: () => value,
    bytes: (length: number) => new Uint8Array(length),
  };
}
