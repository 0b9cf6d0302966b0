import { z } from "zod";
import {
  NO_FAULT,
  RIGHT_CLOCK,
  SOUND_DISK,
  type FaultSettings,
  type PowerLoss,
} from "../fault-settings.ts";
import { CLOCK_OFFSET_MS_MAX, DELAY_MS_MAX, FAILPOINTS_MAX, LINKS_MAX } from "../limits.ts";
import { FAILPOINTS } from "../step-names.ts";

/** What a request may say: settings, each part without faults where it is absent, and what is to happen once. */
export interface FaultRequest extends FaultSettings {
  /** Names of nodes whose connections break once. */
  readonly reset: readonly string[];
  /** The power goes, and the node with it. */
  readonly powerLoss?: PowerLoss | undefined;
}

const name = z.string().min(1).max(253);
const delayMs = z.number().int().min(0).max(DELAY_MS_MAX).default(0);
const share = z.number().min(0).max(1).default(0);
const direction = z
  .strictObject({
    drop: z.boolean().default(false),
    delayMs,
    jitterMs: delayMs,
    loss: share,
    duplicate: share,
    reorder: share,
  })
  .default(NO_FAULT);
const powerLoss = z.strictObject({ seed: z.number().int().min(0).max(0xffff_ffff) }).optional();
const steps = [...FAILPOINTS.orderer, ...FAILPOINTS.peer];
const failpoint = z.strictObject({
  step: z
    .string()
    .max(100)
    .refine((step) => steps.includes(step), "no durable step has this name"),
  moment: z.enum(["before", "after"]).default("after"),
  powerLoss,
});
const schema = z.strictObject({
  links: z
    .array(z.strictObject({ peer: name, out: direction, in: direction }))
    .max(LINKS_MAX)
    .default([]),
  disk: z
    .strictObject({
      syncDelayMs: delayMs,
      full: z.boolean().default(false),
      failSync: z.boolean().default(false),
      corruptReads: share,
    })
    .default(SOUND_DISK),
  clock: z
    .strictObject({
      offsetMs: z.number().int().min(-CLOCK_OFFSET_MS_MAX).max(CLOCK_OFFSET_MS_MAX).default(0),
    })
    .default(RIGHT_CLOCK),
  failpoints: z.array(failpoint).max(FAILPOINTS_MAX).default([]),
  reset: z.array(name).max(LINKS_MAX).default([]),
  powerLoss,
});

/** Reads the JSON of a request. */
export function parseFaults(
  text: string,
):
  | { readonly ok: true; readonly request: FaultRequest }
  | { readonly ok: false; readonly reason: string } {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    return { ok: false, reason: "the body is not JSON" };
  }
  const parsed = schema.safeParse(document);
  if (parsed.success) return { ok: true, request: parsed.data };
  const problems = parsed.error.issues.map(
    ({ path, message }) => `${path.map(String).join(".")}: ${message}`,
  );
  return { ok: false, reason: problems.slice(0, 10).join("; ") };
}
