import type { ChannelConfig } from "../../src/channel/index.ts";
import type { Clock } from "../../src/kernel/ports/clock.ts";
import { verifySignatures } from "../../src/msp/index.ts";
import {
  openEnvelope,
  type Envelope,
  type OpenedEnvelope,
  REQUEST_FIELDS_MAX,
} from "../../src/wire/index.ts";
import {
  badRequest,
  checkExpiration,
  checkSize,
  forbidden,
  unavailable,
  type Refusal,
} from "./core/message-rules.ts";
import type { ConfigInForce } from "./ports.ts";

/** `configSequence` is that of the configuration the message was found valid under. */
export type Validation =
  | { readonly kind: "valid"; readonly configSequence: number }
  | { readonly kind: "refused"; readonly refusal: Refusal };

export interface MessageValidatorOptions {
  /** Lets identities order whose certificate has ended. Default false. */
  readonly ignoresExpiration?: boolean;
}

const WRITERS = "/Channel/Writers";
const MAINTENANCE_WRITERS = "/Channel/Orderer/Writers";

/** Fabric's filters, in Fabric's order: maintenance for normal messages, then emptiness, size, expiration, signature. */
export class MessageValidator {
  readonly #config: Pick<ConfigInForce, "current">;
  readonly #clock: Clock;
  readonly #ignoresExpiration: boolean;

  constructor(
    deps: { readonly config: Pick<ConfigInForce, "current">; readonly clock: Clock },
    options: MessageValidatorOptions = {},
  ) {
    this.#config = deps.config;
    this.#clock = deps.clock;
    this.#ignoresExpiration = options.ignoresExpiration ?? false;
  }

  /**
   * Judges a normal message; `opened` is the same, read. Never rejects for what it contains. The signature is verified
   * off the event loop.
   */
  async validate(envelope: Envelope, opened?: OpenedEnvelope): Promise<Validation> {
    const config = this.#config.current();
    const refusal =
      config.orderer.state === "maintenance"
        ? unavailable("normal transactions are rejected: maintenance mode")
        : await this.filter(config, envelope, opened);
    return refusal === undefined
      ? { kind: "valid", configSequence: config.sequence }
      : { kind: "refused", refusal };
  }

  /** What every message must pass, those of the configuration too. Never rejects for what it contains. */
  async filter(
    config: ChannelConfig,
    envelope: Envelope,
    opened?: OpenedEnvelope,
  ): Promise<Refusal | undefined> {
    const { absoluteBytesMax } = config.orderer.batchSize;
    const refusal = checkSize(envelope, absoluteBytesMax);
    if (refusal !== undefined) return refusal;
    if (opened !== undefined) return this.#checkCreator(config, opened);
    const reading = openEnvelope(envelope, REQUEST_FIELDS_MAX);
    if (reading.kind === "malformed") return badRequest(`malformed ${reading.defect}`);
    return this.#checkCreator(config, reading.opened);
  }

  async #checkCreator(
    config: ChannelConfig,
    { envelope, signatureHeader: { creator } }: OpenedEnvelope,
  ): Promise<Refusal | undefined> {
    return (
      this.#checkExpiration(config, creator) ?? (await checkWriters(config, envelope, creator))
    );
  }

  // An identity that cannot be read has no date: the signature filter refuses it.
  #checkExpiration(config: ChannelConfig, creator: Uint8Array): Refusal | undefined {
    if (this.#ignoresExpiration) return undefined;
    const result = config.mspManager.identity(creator);
    if (!result.ok) return undefined;
    return checkExpiration(result.identity.notAfterMs, this.#clock.wallMs());
  }
}

async function checkWriters(
  config: ChannelConfig,
  { payload, signature }: Envelope,
  identity: Uint8Array,
): Promise<Refusal | undefined> {
  const path = config.orderer.state === "maintenance" ? MAINTENANCE_WRITERS : WRITERS;
  const policy = config.policy(path);
  if (policy === undefined) return forbidden(`could not find policy ${path}`);
  const signed = [{ data: payload, identity, signature }];
  const verdict = policy.evaluate(await verifySignatures(config.mspManager, signed));
  return verdict.satisfied ? undefined : forbidden(verdict.reason);
}
