/** How a package wants its contract started. */
export type StartCommand =
  /** The contract is loaded and served by the shim's own program. */
  | { readonly kind: "shim" }
  /** The contract starts the shim itself: a script of the package. */
  | { readonly kind: "script"; readonly path: string };

const NODE_SCRIPT = /^node\s+(?:\.\/)?([\w][\w./-]*)$/;

/**
 * Reads package.json's start script. `fabric-chaincode-node start`, the usual one, and whatever a shell would be needed for
 * means the shim's program; `node FILE` means that file.
 */
export function startCommandOf(packageJson: Readonly<Record<string, unknown>>): StartCommand {
  const { scripts } = packageJson as { readonly scripts?: unknown };
  const start =
    typeof scripts === "object" && scripts !== null ? (scripts as { start?: unknown }).start : "";
  const path = typeof start === "string" ? NODE_SCRIPT.exec(start.trim())?.[1] : undefined;
  return path === undefined ? { kind: "shim" } : { kind: "script", path };
}

/** Names of the packages that the contract needs at run time. */
export function dependenciesOf(packageJson: Readonly<Record<string, unknown>>): readonly string[] {
  const { dependencies } = packageJson as { readonly dependencies?: unknown };
  return typeof dependencies === "object" && dependencies !== null ? Object.keys(dependencies) : [];
}
