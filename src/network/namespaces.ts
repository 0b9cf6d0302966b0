/**
 * A network whose nodes have a network namespace each (Linux, root): they meet over the kernel's own IP, through a hub that forwards
 * between them, and links are cut there.
 */
import { spawn } from "node:child_process";
import { z } from "zod";
import type { OneWayCut } from "../faults/index.ts";
import { errorMessage } from "../kernel/error.ts";
import { NetworkError } from "./errors.ts";
import { hostAt, hubAt, SUBNET_MAX, subnetOf } from "./namespace-plan.ts";

const ruleSchema = z.array(
  z.object({ src: z.string(), dst: z.string().optional(), action: z.string().optional() }),
);
const linkSchema = z.array(z.object({ ifname: z.string() }));
const namespaceSchema = z.array(z.object({ name: z.string() }));

/** A subnet that no network on this machine has. Rejects with `NetworkError` ("refused") where there can be no namespaces. */
export async function freeSubnet(): Promise<number> {
  if (process.platform !== "linux" || process.getuid?.() !== 0) {
    throw new NetworkError(
      "refused",
      "network namespaces take root on Linux; leave --namespaces out",
    );
  }
  const taken = await namespaces();
  for (let subnet = 1; subnet <= SUBNET_MAX; subnet += 1) {
    if (!taken.has(hubOf(subnet))) return subnet;
  }
  throw new NetworkError("refused", "there is no subnet left; end a network with `heddle down`");
}

export class NetworkNamespaces {
  readonly #subnet: number;
  /** By place, from 1. */
  readonly #nodes: readonly string[];

  constructor(subnet: number, nodes: readonly string[]) {
    this.#subnet = subnet;
    this.#nodes = nodes;
  }

  /** Makes what is absent: after a restart of the machine all is. Rejects with `NetworkError` ("refused"). */
  async raise(): Promise<void> {
    const present = await namespaces();
    if (this.#names.every((name) => present.has(name))) return;
    // Half of it is what an interruption left.
    await this.remove();
    await ip("netns", "add", this.#hub);
    await run("ip", ["netns", "exec", this.#hub, "sysctl", "-qw", "net.ipv4.ip_forward=1"]);
    await this.#lay(0, undefined);
    for (const [index] of this.#nodes.entries()) {
      const namespace = this.#namespace(index + 1);
      await ip("netns", "add", namespace);
      await this.#lay(index + 1, namespace);
    }
  }

  /** Takes all of it away. Nothing happens where there is nothing. */
  async remove(): Promise<void> {
    const present = await namespaces();
    // It would go with the hub, but some time later.
    const own = nodeEnd(this.#subnet, 0);
    const links = linkSchema.parse(JSON.parse(await ip("-json", "link", "list")));
    if (links.some(({ ifname }) => ifname === own)) await ip("link", "delete", own);
    for (const name of this.#names) if (present.has(name)) await ip("netns", "delete", name);
  }

  /** What to put before a command so that it runs where the node is. */
  enter(node: string): readonly string[] {
    return ["ip", "netns", "exec", this.#namespace(this.#place(node))];
  }

  /** Answers how to take back what was not in force before. */
  async cut(cuts: readonly OneWayCut[]): Promise<() => Promise<void>> {
    const before = await this.#rules();
    const fresh = cuts.map((cut) => this.#rule(cut)).filter((rule) => !before.has(rule));
    await this.#change("add", fresh);
    return async () => {
      const present = await this.#rules();
      await this.#change(
        "delete",
        fresh.filter((rule) => present.has(rule)),
      );
    };
  }

  /** The cuts in force. */
  async cuts(): Promise<readonly OneWayCut[]> {
    const present = await this.#rules();
    const all = this.#nodes.flatMap((from) => this.#nodes.map((to) => ({ from, to })));
    return all.filter((cut) => present.has(this.#rule(cut)));
  }

  async heal(): Promise<void> {
    await this.#change("delete", [...(await this.#rules())]);
  }

  async #lay(place: number, namespace: string | undefined): Promise<void> {
    const atHub = `hh${this.#subnet}-${place}`;
    const atNode = nodeEnd(this.#subnet, place);
    const [hubAddress, address] = [hubAt(this.#subnet, place), hostAt(this.#subnet, place)];
    await ip("link", "add", atHub, "netns", this.#hub, "type", "veth", "peer", "name", atNode);
    const inside = namespace === undefined ? [] : ["-n", namespace];
    if (namespace !== undefined) {
      await ip("link", "set", atNode, "netns", namespace);
      await ip(...inside, "link", "set", "lo", "up");
    }
    await ip("-n", this.#hub, "address", "add", `${hubAddress}/31`, "dev", atHub);
    await ip("-n", this.#hub, "link", "set", atHub, "up");
    await ip(...inside, "address", "add", `${address}/31`, "dev", atNode);
    await ip(...inside, "link", "set", atNode, "up");
    await ip(...inside, "route", "add", subnetOf(this.#subnet), "via", hubAddress);
  }

  async #rules(): Promise<ReadonlySet<string>> {
    const rules = ruleSchema.parse(JSON.parse(await ip("-n", this.#hub, "-json", "rule", "list")));
    const cuts = rules.filter(({ action }) => action === "blackhole");
    return new Set(cuts.map(({ src, dst }) => `from ${src} to ${dst ?? "all"} blackhole`));
  }

  #rule({ from, to }: OneWayCut): string {
    const [source, target] = [from, to].map((node) => hostAt(this.#subnet, this.#place(node)));
    return `from ${source ?? ""} to ${target ?? ""} blackhole`;
  }

  // In one go: a partition must not come about link by link.
  async #change(verb: "add" | "delete", rules: readonly string[]): Promise<void> {
    if (rules.length === 0) return;
    const lines = rules.map((rule) => `rule ${verb} ${rule}\n`).join("");
    await run("ip", ["-n", this.#hub, "-batch", "-"], lines);
  }

  #place(node: string): number {
    const index = this.#nodes.indexOf(node);
    if (index === -1) throw new NetworkError("unknown name", `${node} has no network namespace`);
    return index + 1;
  }

  // The hub last: it is whole only when all others are.
  get #names(): readonly string[] {
    return [...this.#nodes.map((_, index) => this.#namespace(index + 1)), this.#hub];
  }

  #namespace(place: number): string {
    return `${this.#hub}-${place}`;
  }

  get #hub(): string {
    return hubOf(this.#subnet);
  }
}

/** Name of the device at the node's end of its cable. */
function nodeEnd(subnet: number, place: number): string {
  return `hn${subnet}-${place}`;
}

function hubOf(subnet: number): string {
  return `heddle-${subnet}`;
}

async function namespaces(): Promise<ReadonlySet<string>> {
  const listed = (await ip("-json", "netns", "list")).trim();
  const names = namespaceSchema.parse(JSON.parse(listed === "" ? "[]" : listed));
  return new Set(names.map(({ name }) => name));
}

function ip(...args: readonly string[]): Promise<string> {
  return run("ip", args);
}

function run(program: string, args: readonly string[], input = ""): Promise<string> {
  return new Promise((resolve, reject) => {
    const refuse = (why: string): void => {
      const text = `\`${program} ${args.join(" ")}\` failed: ${why}`;
      reject(new NetworkError("refused", `${text}; network namespaces take root and iproute2`));
    };
    const child = spawn(program, args, { stdio: ["pipe", "pipe", "pipe"] });
    const output = { stdout: "", stderr: "" };
    child.stdout.setEncoding("utf8").on("data", (text: string) => (output.stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (output.stderr += text));
    child.on("error", (error) => {
      refuse(errorMessage(error));
    });
    child.on("close", (code) => {
      if (code === 0) resolve(output.stdout);
      else refuse(output.stderr.trim() === "" ? `exit code ${String(code)}` : output.stderr.trim());
    });
    // A program that has ended before it read all of this says so by its exit code.
    child.stdin.on("error", () => undefined);
    child.stdin.end(input);
  });
}
