/** A linter that has never failed proves nothing: each rule must name its own planted violation. */
import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Violation by violation: the rule that must report it, and the files that make it. */
const plants: readonly {
  readonly rule: string;
  readonly files: Readonly<Record<string, string>>;
}[] = [
  {
    rule: "layer:src/policy",
    files: {
      "src/policy/up.ts": 'import { x } from "../ledger/index.ts";\nexport const up: number = x;\n',
    },
  },
  {
    rule: "layer:cluster/raft",
    files: {
      "cluster/raft/across.ts":
        'import { x } from "../../gossip/core/index.ts";\nexport const across: number = x;\n',
    },
  },
  {
    rule: "no-cycles",
    files: {
      "src/wire/one.ts": 'import { two } from "./two.ts";\nexport const one: number = two;\n',
      "src/wire/two.ts": 'import { one } from "./one.ts";\nexport const two: number = one;\n',
    },
  },
  {
    rule: "io-only-in-adapters",
    files: {
      "src/channel/disk.ts": 'import { sep } from "node:path";\nexport const disk: string = sep;\n',
    },
  },
  {
    rule: "crypto-is-hash-and-verify",
    files: {
      "src/crypto/net.ts":
        'import { isIP } from "node:net";\nexport const net: number = isIP("");\n',
    },
  },
  {
    rule: "front-door-only",
    files: {
      "src/msp/deep.ts":
        'import { x } from "../crypto/inner.ts";\nexport const deep: number = x;\n',
    },
  },
  {
    rule: "adapters-are-wired-by-hosts",
    files: {
      "src/ledger/wires.ts":
        'import { x } from "./adapters/store.ts";\nexport const wires: number = x;\n',
      "src/ledger/adapters/store.ts": "export const x: number = 1;\n",
    },
  },
  {
    rule: "nothing-imports-a-host",
    files: {
      "src/gateway/host.ts":
        'import { x } from "../node/index.ts";\nexport const host: number = x;\n',
    },
  },
  {
    rule: "nothing-imports-tests",
    files: {
      "src/delivery/tested.ts":
        'import { x } from "../../test/fixture.ts";\nexport const tested: number = x;\n',
      "test/fixture.ts": "export const x: number = 1;\n",
    },
  },
  {
    rule: "resolvable",
    files: {
      "src/ops/missing.ts": 'import { x } from "./absent.ts";\nexport const missing: number = x;\n',
    },
  },
  { rule: "no-orphans", files: { "src/discovery/alone.ts": "export const alone: number = 1;\n" } },
];

/** What the syntax rules must refuse in a module that is listed as pure. */
const impure: readonly { readonly rule: string; readonly code: string }[] = [
  { rule: "no-restricted-globals", code: "export const now: number = Date.now();\n" },
  {
    rule: "no-restricted-globals",
    code: "export const later: unknown = setTimeout(() => undefined, 1);\n",
  },
  { rule: "no-restricted-properties", code: "export const dice: number = Math.random();\n" },
  {
    rule: "no-restricted-syntax",
    code: "export async function wait(): Promise<void> {\n  await Promise.resolve();\n}\n",
  },
  { rule: "no-console", code: 'console.log("x");\nexport {};\n' },
  {
    rule: "@typescript-eslint/no-floating-promises",
    code: "export function forget(work: Promise<void>): void {\n  work.then(() => undefined);\n}\n",
  },
  {
    rule: "@typescript-eslint/switch-exhaustiveness-check",
    code: 'export function f(kind: "a" | "b"): void {\n  switch (kind) {\n    case "a":\n      break;\n  }\n}\n',
  },
];

const sound: Readonly<Record<string, string>> = {
  "src/kernel/x.ts": "export const x: number = 1;\n",
  "src/crypto/inner.ts": 'import { x as y } from "../kernel/x.ts";\nexport const x: number = y;\n',
  "src/crypto/index.ts": 'export { x } from "./inner.ts";\n',
  "src/wire/index.ts": 'export { x } from "../crypto/index.ts";\n',
  "src/policy/index.ts": 'export { x } from "../wire/index.ts";\n',
  "src/ledger/index.ts": 'export { x } from "../policy/index.ts";\n',
  "gossip/core/index.ts": 'export { x } from "../../src/kernel/x.ts";\n',
  "src/node/index.ts": 'export { x } from "../ledger/index.ts";\n',
};

const folders: string[] = [];

afterAll(async () => {
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
});

async function plant(...trees: readonly Readonly<Record<string, string>>[]): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "heddle-architecture-"));
  folders.push(folder);
  await cp(join(root, "config/tools"), join(folder, "config/tools"), { recursive: true });
  await cp(join(root, "tsconfig.json"), join(folder, "tsconfig.json"));
  await cp(join(root, "package.json"), join(folder, "package.json"));
  await symlink(join(root, "node_modules"), join(folder, "node_modules"));
  for (const [path, content] of trees.flatMap((tree) => Object.entries(tree))) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  }
  return folder;
}

interface Cruise {
  readonly summary: {
    readonly violations: readonly {
      readonly from: string;
      readonly rule: { readonly name: string };
    }[];
    readonly totalCruised: number;
  };
  readonly modules: readonly { readonly source: string }[];
}

async function cruise(folder: string): Promise<Cruise> {
  const places = ["src", "cluster", "gossip"];
  const present = (await readdir(folder)).filter((name) => places.includes(name));
  const config = join(folder, "config/tools/dependency-cruiser.cjs");
  const args = ["--config", config, "--output-type", "json", ...present];
  return JSON.parse(await run("depcruise", args, folder)) as Cruise;
}

function run(tool: string, args: readonly string[], cwd: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const path = join(root, "node_modules/.bin", tool);
    execFile(path, args, { cwd, maxBuffer: 2 ** 26 }, (error, stdout) => {
      // Both tools end with a non-zero code when they find something: that is what is asked of them.
      if (stdout === "") reject(error ?? new Error(`${tool} printed nothing`));
      else resolve(stdout);
    });
  });
}

describe("the architecture rules", () => {
  let reported: Cruise;

  beforeAll(async () => {
    reported = await cruise(await plant(sound, ...plants.map(({ files }) => files)));
  });

  test.for(plants)("$rule reports its planted violation", ({ rule, files }) => {
    const names = reported.summary.violations
      .filter(({ from }) => from in files)
      .map((violation) => violation.rule.name);
    expect(names).toContain(rule);
  });

  test("a sound tree passes, and every file of it was looked at", { timeout: 60_000 }, async () => {
    const result = await cruise(await plant(sound));
    expect(result.summary.violations).toEqual([]);
    const seen = new Set(result.modules.map(({ source }) => source));
    for (const path of Object.keys(sound)) expect(seen).toContain(path);
  });

  test("every source file of this project is looked at", { timeout: 60_000 }, async () => {
    const result = await cruise(root);
    const seen = new Set(result.modules.map(({ source }) => source));
    const files = (
      await Promise.all(
        ["src", "cluster", "gossip"].map(async (place) =>
          (await readdir(join(root, place), { recursive: true })).map((path) => join(place, path)),
        ),
      )
    )
      .flat()
      .filter((path) => path.endsWith(".ts"));
    expect(files.length).toBeGreaterThan(100);
    expect(files.filter((path) => !seen.has(path))).toEqual([]);
  });
});

describe("the purity rules", () => {
  test("each refuses its planted violation in a pure module", { timeout: 60_000 }, async () => {
    const files = Object.fromEntries(
      impure.map(({ code }, index) => [`src/policy/impure-${index}.ts`, code]),
    );
    const folder = await plant(files);
    const config = join(folder, "config/tools/eslint.config.js");
    const output = await run("eslint", ["--config", config, "--format", "json", "src"], folder);
    const results = JSON.parse(output) as readonly {
      readonly filePath: string;
      readonly messages: readonly { readonly ruleId: string | null }[];
    }[];
    const reportedRules = impure.map((_, index) => {
      const result = results.find(({ filePath }) => filePath.endsWith(`impure-${index}.ts`));
      return result?.messages.map(({ ruleId }) => ruleId) ?? [];
    });
    for (const [index, { rule }] of impure.entries()) expect(reportedRules[index]).toContain(rule);
  });
});
