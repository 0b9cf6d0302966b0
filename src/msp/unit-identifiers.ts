import { toHex } from "../kernel/bytes.ts";
import type { FabricOUIdentifier } from "../wire/index.ts";
import { MspError } from "./errors.ts";
import { CONFIG_ITEM_COUNT_MAX } from "./limits.ts";
import { type MemberUnits, unitsText } from "./node-ous.ts";

/** Units of which a member must own one, each with the authority that must have certified it. None restricts nobody. */
export class UnitIdentifiers {
  readonly #keys: ReadonlySet<string>;

  private constructor(keys: ReadonlySet<string>) {
    this.#keys = keys;
  }

  /** Throws what `certifiersIdOf` throws for an authority that is not the organisation's. */
  static fromConfig(
    identifiers: readonly FabricOUIdentifier[],
    certifiersIdOf: (pem: Uint8Array) => Uint8Array,
  ): UnitIdentifiers {
    if (identifiers.length > CONFIG_ITEM_COUNT_MAX) {
      const message = `${identifiers.length} organizational units, more than ${CONFIG_ITEM_COUNT_MAX}`;
      throw new MspError("invalid-unit", message);
    }
    const keys = identifiers.map(({ organizationalUnitIdentifier, certificate }) =>
      keyOf(organizationalUnitIdentifier, certifiersIdOf(certificate)),
    );
    return new UnitIdentifiers(new Set(keys));
  }

  /** Why a member with these units is not valid, if so. */
  refusal(units: MemberUnits, mspId: string): string | undefined {
    if (this.#keys.size === 0) return undefined;
    if (units.names.some((name) => this.#keys.has(keyOf(name, units.certifiersId))))
      return undefined;
    if (units.names.length === 0) {
      return "the identity certificate does not contain an Organizational Unit (OU)";
    }
    return `none of the identity's organizational units ${unitsText(units)} are in MSP ${mspId}`;
  }
}

function keyOf(name: string, certifiersId: Uint8Array): string {
  return `${toHex(certifiersId)} ${name}`;
}
