#!/usr/bin/env node
// Makes a clone ready to run: the right Node, the packages, the compiled program. Does nothing that is done already.
// Plain JavaScript, because it runs before there is a compiler.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);

if (major < 20 || (major === 20 && minor < 19)) {
  fail(`Node ${process.versions.node} is too old: install Node 20.19 or newer`);
}

const stampFile = join(root, "node_modules", ".heddle-installed");
const lockHash = hashOf([join(root, "package-lock.json")]);
if (read(stampFile) !== lockHash) {
  // Not `npm ci`: it wants the packages of every platform in the lock, and a registry need not have them all.
  run("installing packages", "npm", [
    "install",
    "--no-save",
    "--no-audit",
    "--no-fund",
    "--loglevel=error",
  ]);
  writeFileSync(stampFile, lockHash);
}

const buildFile = join(root, "dist", ".heddle-built");
const sources = ["src", "cluster", "gossip", "scripts", "test"].flatMap((folder) =>
  sourcesIn(join(root, folder)),
);
const sourceHash = hashOf([join(root, "tsconfig.json"), ...sources]);
if (read(buildFile) !== sourceHash) {
  run("compiling", process.execPath, [
    join(root, "node_modules", "typescript", "bin", "tsc"),
    "-p",
    root,
  ]);
  mkdirSync(dirname(buildFile), { recursive: true });
  writeFileSync(buildFile, sourceHash);
}

function run(what, command, args) {
  if (process.stderr.isTTY) process.stderr.write(`heddle: ${what} …\n`);
  const result = spawnSync(command, args, { cwd: root, stdio: ["ignore", "inherit", "inherit"] });
  if (result.status !== 0) fail(`${what} failed (${command} ${args.join(" ")})`);
}

function sourcesIn(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.name !== "fixtures")
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      return entry.isDirectory() ? sourcesIn(path) : entry.name.endsWith(".ts") ? [path] : [];
    })
    .sort();
}

function hashOf(files) {
  const hash = createHash("sha256");
  for (const file of files) {
    const { size, mtimeMs } = statSync(file);
    hash.update(`${file}\0${size}\0${mtimeMs}\0`);
  }
  return hash.digest("hex");
}

function read(file) {
  return existsSync(file) ? readFileSync(file, "utf8") : undefined;
}

function fail(message) {
  process.stderr.write(`heddle: ${message}\n`);
  process.exit(1);
}
