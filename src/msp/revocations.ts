import { errorMessage } from "../kernel/error.ts";
import { type Certificate, parseRevocationList, type RevocationList } from "../crypto/index.ts";
import { MspError } from "./errors.ts";
import { CONFIG_ITEM_COUNT_MAX } from "./limits.ts";

/**
 * The revocation lists of one organisation. As in Fabric, a list counts from the moment that it is configured, whatever
 * its dates, and only for certificates that its own issuer signed.
 */
export class Revocations {
  readonly #lists: readonly RevocationList[];

  private constructor(lists: readonly RevocationList[]) {
    this.#lists = lists;
  }

  /** Throws `MspError` ("malformed"). */
  static parse(lists: readonly Uint8Array[]): Revocations {
    if (lists.length > CONFIG_ITEM_COUNT_MAX) {
      const message = `${lists.length} revocation lists, more than ${CONFIG_ITEM_COUNT_MAX}`;
      throw new MspError("malformed", message);
    }
    try {
      return new Revocations(lists.map(parseRevocationList));
    } catch (error) {
      throw new MspError("malformed", errorMessage(error), { cause: error });
    }
  }

  /** Why `certificate`, issued by `issuer`, is not to be accepted, if so. */
  refusal(certificate: Certificate, issuer: Certificate): string | undefined {
    for (const list of this.#lists) {
      // Fabric: such a list makes every check fail.
      if (list.authorityKeyId === undefined) {
        return "a revocation list does not name its authority's key: remove it or issue it anew";
      }
      if (list.authorityKeyId !== issuer.subjectKeyId) continue;
      if (!list.serials.has(certificate.serialHex)) continue;
      // A list that the authority did not sign revokes nothing.
      if (list.isIssuedBy(issuer)) return "the certificate has been revoked";
    }
    return undefined;
  }
}
