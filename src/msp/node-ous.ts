import { equalBytes, toHex } from "../kernel/bytes.ts";
import type { FabricNodeOUs, FabricOUIdentifier } from "../wire/index.ts";

/** What a member is within its organisation, said by an organisational unit in its certificate. */
export type NodeRole = "client" | "peer" | "admin" | "orderer";

/** The units of a certificate's subject, and the identifier of the chain of authorities above it. */
export interface MemberUnits {
  readonly names: readonly string[];
  readonly certifiersId: Uint8Array;
}

interface RoleUnit {
  readonly role: NodeRole;
  readonly name: string;
  /** `undefined` admits any authority of the organisation. */
  readonly certifiersId: Uint8Array | undefined;
}

/** Which organisational units stand for which roles, where the organisation tells its members apart by units. */
export class NodeOus {
  readonly #units: readonly RoleUnit[];

  private constructor(units: readonly RoleUnit[]) {
    this.#units = units;
  }

  /**
   * `undefined` when roles are not told apart: not enabled, or enabled without any unit.
   * `certifiersIdOf` resolves an authority in PEM, and may throw for one that is not the organisation's.
   */
  static fromConfig(
    config: FabricNodeOUs | undefined,
    certifiersIdOf: (pem: Uint8Array) => Uint8Array,
  ): NodeOus | undefined {
    if (config === undefined) return undefined;
    const unit = (role: NodeRole, identifier: FabricOUIdentifier | undefined): RoleUnit[] => {
      if (identifier === undefined) return [];
      const { certificate, organizationalUnitIdentifier: name } = identifier;
      const certifiersId = certificate.length === 0 ? undefined : certifiersIdOf(certificate);
      return [{ role, name, certifiersId }];
    };
    // Resolved also when not enabled: Fabric refuses a foreign authority either way.
    const units = [
      ...unit("client", config.clientOuIdentifier),
      ...unit("peer", config.peerOuIdentifier),
      ...unit("admin", config.adminOuIdentifier),
      ...unit("orderer", config.ordererOuIdentifier),
    ];
    return config.enable && units.length > 0 ? new NodeOus(units) : undefined;
  }

  /** Whether a unit stands for this role at all. */
  defines(role: NodeRole): boolean {
    return this.#unitOf(role) !== undefined;
  }

  /** Whether one of these units is that of `role`. Who certified it is not asked: `refusal` has. */
  hasRole(role: NodeRole, units: MemberUnits): boolean {
    const unit = this.#unitOf(role);
    return unit !== undefined && units.names.includes(unit.name);
  }

  /** Why a member with these units is not valid, if so: it must have exactly one of the roles. */
  refusal(units: MemberUnits, mspId: string): string | undefined {
    // Of two roles with one unit, the later one's authority counts.
    const byName = new Map(this.#units.map((unit) => [unit.name, unit]));
    const matching = units.names.flatMap((name) => byName.get(name) ?? []).slice(0, 2);
    const suffix = `OUs: ${unitsText(units)}, MSP: [${mspId}]`;
    for (const { certifiersId } of matching) {
      if (certifiersId !== undefined && !equalBytes(certifiersId, units.certifiersId)) {
        return `certifiersIdentifier does not match: ${unitsText(units)}, MSP: [${mspId}]`;
      }
    }
    if (matching.length === 0) {
      return `the identity does not have an OU that resolves to client, peer, orderer, or admin role. ${suffix}`;
    }
    if (matching.length > 1) {
      return `the identity must have a client, a peer, an orderer, or an admin OU role to be valid, not a combination of them. ${suffix}`;
    }
    return undefined;
  }

  #unitOf(role: NodeRole): RoleUnit | undefined {
    return this.#units.find((unit) => unit.role === role);
  }
}

/** Units as Fabric's messages show them. */
export function unitsText(units: MemberUnits): string {
  const certifiers = toHex(units.certifiersId.subarray(0, 8)).toUpperCase();
  return `[${units.names.map((name) => `${name}(${certifiers})`).join(" ")}]`;
}
