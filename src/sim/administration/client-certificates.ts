import { assert } from "../../kernel/assert.ts";
import type { Clock } from "../../kernel/ports/clock.ts";
import type { Random } from "../../kernel/ports/random.ts";
import type { Signer } from "../../kernel/ports/signer.ts";
import { SHORT_CERTIFICATE_END_MS, type Material, type MemberMaterial } from "../material.ts";
import type { Signatures } from "../ports/signatures.ts";

export interface ClientCertificatesDeps {
  readonly material: Material;
  readonly signatures: Signatures;
  /** That is right. */
  readonly clock: Clock;
  random(purpose: string): Random;
  trace(kind: string, text: string): void;
}

/** How long before its end a certificate is renewed at the earliest, and over what time. */
const RENEWED_BEFORE_MS = 10_000;
const RENEWED_WITHIN_MS = 30_000;

interface Client {
  readonly mspId: string;
  /** Undefined: it has none that ends. */
  readonly short: Signer | undefined;
  readonly renewed: Signer;
  readonly renewAtMs: number;
  isRenewed: boolean;
}

/** What clients sign with: in some worlds a certificate that ends meanwhile, and that is renewed in time or too late. */
export class ClientCertificates {
  readonly #deps: ClientCertificatesDeps;
  readonly #clients: ReadonlyMap<string, Client>;

  constructor(deps: ClientCertificatesDeps) {
    this.#deps = deps;
    this.#clients = new Map(
      deps.material.clients.map((client) => [client.mspId, this.#clientOf(client)]),
    );
  }

  /** The signer of an organisation's clients now, and whether its certificate has ended. */
  of(mspId: string): { readonly signer: Signer; readonly isExpired: boolean } {
    const client = this.#clients.get(mspId);
    assert(client !== undefined, "clients call peers of the network");
    const nowMs = this.#deps.clock.wallMs();
    const { short, renewed, renewAtMs } = client;
    if (short !== undefined && nowMs < renewAtMs) {
      return { signer: short, isExpired: nowMs > SHORT_CERTIFICATE_END_MS };
    }
    if (short !== undefined && !client.isRenewed) {
      this.#deps.trace("admin", `the certificate of the clients of ${mspId} is renewed`);
      client.isRenewed = true;
    }
    return { signer: renewed, isExpired: false };
  }

  #clientOf(member: MemberMaterial): Client {
    const { material, signatures } = this.#deps;
    const { mspId } = member;
    const random = this.#deps.random(`certificates of the clients of ${mspId}`);
    const isShort = random.below(3) === 0;
    const ending = material.shortLivedClients.find((each) => each.mspId === mspId);
    return {
      mspId,
      short: isShort && ending !== undefined ? signatures.signer(ending) : undefined,
      renewed: signatures.signer(member),
      renewAtMs: SHORT_CERTIFICATE_END_MS - RENEWED_BEFORE_MS + random.below(RENEWED_WITHIN_MS),
      isRenewed: false,
    };
  }
}
