/** What the commands on a network's peers are told. */
import type { DirectoryOptions } from "./shared-options.ts";

export interface PeerJoinOptions extends DirectoryOptions {
  readonly channel: string;
  readonly block: string;
  readonly peer?: string;
}

export interface PeerAddOptions extends DirectoryOptions {
  readonly org: string;
  readonly name?: string;
  readonly install: boolean;
}

export interface PeerRemoveOptions extends DirectoryOptions {
  readonly force: boolean;
  readonly yes: boolean;
}

export interface PeerListOptions extends DirectoryOptions {
  readonly channel?: string;
  readonly peer?: string;
}
