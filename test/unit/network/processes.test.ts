import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { NetworkLayout } from "../../../src/network/layout.ts";
import { runningNode, stopNode } from "../../../src/network/processes.ts";
import { writeRunFile } from "../../../src/node/run-file.ts";

// The parent becomes `sleep`, which waits for no children: a child that has ended keeps its number.
const NEGLIGENT = '"$0" -e "setInterval(() => {}, 1000)" "$1" & echo $!; exec sleep 60';

test.runIf(process.platform === "linux")(
  "a node counts as stopped when it has ended, even if its parent has not noticed",
  async () => {
    const directory = await mkdtemp(join(tmpdir(), "heddle-processes-"));
    const node = {
      name: "n",
      role: "peer" as const,
      layout: new NetworkLayout(directory).node("n"),
    };
    const parent = spawn("sh", ["-c", NEGLIGENT, process.execPath, node.layout.config]);
    try {
      const [line] = (await once(parent.stdout, "data")) as [Buffer];
      const pid = Number(line.toString());
      await mkdir(node.layout.data, { recursive: true });
      const ports = { port: 1, operationsPort: 2 };
      await writeRunFile(node.layout.data, { pid, name: "n", startedAt: "", ...ports });
      await expect.poll(() => runningNode(node)).toMatchObject({ pid });
      const startMs = performance.now();
      expect(await stopNode(node)).toBe(true);
      expect(performance.now() - startMs).toBeLessThan(5_000);
      // It is still there for the system.
      expect(process.kill(pid, 0)).toBe(true);
    } finally {
      parent.kill("SIGKILL");
      await rm(directory, { recursive: true, force: true });
    }
  },
);
