/** Hosts of single nodes: an orderer or a peer as a process, and the file by which its process is found. */
export { runOrderer, runPeer } from "./run.ts";
export { readRunFile, removeRunFile, type RunningNode } from "./run-file.ts";
export { readVersion } from "./version.ts";
export { startInProcess, type InProcessOptions, type NodeInProcess } from "./in-process.ts";
export { loadOrdererConfig } from "./config.ts";
