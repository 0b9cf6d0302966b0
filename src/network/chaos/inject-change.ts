/** Changes who is a member of a network, with a fault of another node in the middle of it. */
import { assert } from "../../kernel/assert.ts";
import type { Injected } from "./injected.ts";
import type { AddedNode, ChaosSite, OnStep } from "./site.ts";
import type { MemberChange, NodeFault, Role } from "./steps.ts";

/** What a change says that it does before the fault comes: an orderer joins its channels then, and a peer is started. */
const STEPS_BEFORE_FAULT = { orderer: { add: 3, remove: 1 }, peer: { add: 2, remove: 0 } } as const;

/** Brings a fault about, but not at the node named. */
type InjectFault = (fault: NodeFault, exceptName: string | undefined) => Promise<Injected>;

/** Answers when the fault is in force and the change under way. Taken back, the fault goes and the change comes to its end. */
export async function injectChange(
  site: ChaosSite,
  { kind, role, meanwhile }: MemberChange,
  injectFault: InjectFault,
): Promise<Injected> {
  const leaver = kind === "remove" ? leaverOf(site, role) : undefined;
  const isUnderWay = counter(STEPS_BEFORE_FAULT[role][kind]);
  const change =
    leaver === undefined
      ? site.addNode(role, isUnderWay.step)
      : site.removeNode(leaver, isUnderWay.step);
  // It is told to whoever takes the fault back.
  change.catch(() => undefined);
  await Promise.race([isUnderWay.reached, change]);
  const { text, undo } = await injectFault(meanwhile, leaver?.name);
  return {
    text: `${kind} ${leaver?.name ?? role}, meanwhile ${text}`,
    undo: async () => {
      await undo();
      await change;
    },
  };
}

function leaverOf({ added }: ChaosSite, role: Role): AddedNode {
  const leaver = added.find((node) => node.role === role);
  assert(leaver !== undefined, "a course removes only what it has added");
  return leaver;
}

/** `reached` resolves when `step` has been called so often. */
function counter(count: number): { readonly reached: Promise<void>; readonly step: OnStep } {
  let leftCount = count;
  let step: () => void = () => undefined;
  const reached = new Promise<void>((resolve) => {
    if (leftCount === 0) resolve();
    step = () => {
      leftCount -= 1;
      if (leftCount === 0) resolve();
    };
  });
  return { reached, step };
}
