import type { MSPPrincipal, SignaturePolicy, SignaturePolicyEnvelope } from "../wire/index.ts";
import { PolicyError } from "./errors.ts";
import { POLICY_DEPTH_MAX, POLICY_TEXT_LENGTH_MAX } from "./limits.ts";
import { malformedText, tokenize } from "./policy-tokens.ts";
import { parseRolePrincipal, rolePrincipal, type RolePrincipal } from "./role-principal.ts";
import { readThreshold } from "./threshold-expression.ts";
import { TokenReader, describeToken } from "./token-reader.ts";

type Gate = "and" | "or" | "out-of";

// Fabric knows each gate in exactly these spellings (from 3.1.5 on without `and` and `or`).
const GATES: ReadonlyMap<string, Gate> = new Map([
  ["AND", "and"],
  ["And", "and"],
  ["and", "and"],
  ["OR", "or"],
  ["Or", "or"],
  ["or", "or"],
  ["OutOf", "out-of"],
  ["outof", "out-of"],
  ["OUTOF", "out-of"],
]);

interface GateNode {
  readonly kind: "gate";
  readonly needed: number;
  readonly operands: readonly Operand[];
}

type Operand = GateNode | { readonly kind: "principal"; readonly principal: RolePrincipal };

/**
 * Reads the policy language: `AND('Org1MSP.peer', OR('Org2MSP.admin', 'Org3MSP.member'))`, `OutOf(2, …)`.
 * A policy is one gate with at least one operand; an operand is a gate or a quoted `MSPID.role`.
 * Throws `PolicyError` ("malformed-text" with position and cure, "too-large").
 */
export function parsePolicy(text: string): SignaturePolicyEnvelope {
  if (text.length > POLICY_TEXT_LENGTH_MAX) {
    throw new PolicyError(
      "too-large",
      `policy text has ${text.length} characters, at most ${POLICY_TEXT_LENGTH_MAX} are allowed`,
    );
  }
  const reader = new TokenReader(tokenize(text, 0));
  const root = new PolicyParser(reader).readGate(1);
  reader.expectEnd();
  const identities: MSPPrincipal[] = [];
  return { version: 0, rule: numberPrincipals(root, identities), identities };
}

class PolicyParser {
  readonly #reader: TokenReader;

  constructor(reader: TokenReader) {
    this.#reader = reader;
  }

  readGate(depth: number): GateNode {
    const { position } = this.#reader.next;
    if (depth > POLICY_DEPTH_MAX) {
      throw malformedText(position, "too many gates within gates", "write fewer levels");
    }
    const gate = this.#readGateName();
    this.#reader.expectSign("(");
    const written = gate === "out-of" ? this.#readThresholdAndComma() : undefined;
    const operands = this.#readOperands(depth);
    const needed = written ?? (gate === "and" ? operands.length : 1);
    checkThreshold(needed, operands.length, position);
    return { kind: "gate", needed, operands };
  }

  #readGateName(): Gate {
    const token = this.#reader.take();
    const gate = token.kind === "name" ? GATES.get(token.text) : undefined;
    if (gate !== undefined) return gate;
    throw malformedText(
      token.position,
      `unexpected ${describeToken(token)}`,
      "begin a policy with AND(, OR( or OutOf(",
    );
  }

  #readThresholdAndComma(): number {
    const threshold = readThreshold(this.#reader);
    this.#reader.expectSign(",");
    return threshold;
  }

  #readOperands(depth: number): readonly Operand[] {
    const operands = [this.#readOperand(depth)];
    while (this.#reader.maybeTakeSign(",")) operands.push(this.#readOperand(depth));
    this.#reader.expectSign(")");
    return operands;
  }

  #readOperand(depth: number): Operand {
    const token = this.#reader.next;
    if (token.kind === "name") return this.readGate(depth + 1);
    const cure = "write 'MSPID.role' with role admin, member, client, peer or orderer, or a gate";
    if (token.kind !== "quoted") {
      throw malformedText(token.position, `unexpected ${describeToken(token)}`, cure);
    }
    const principal = parseRolePrincipal(token.text);
    if (principal === undefined) {
      throw malformedText(token.position, `${describeToken(token)} is not a principal`, cure);
    }
    this.#reader.take();
    return { kind: "principal", principal };
  }
}

// Fabric allows one more than there are operands: a gate that nothing opens.
function checkThreshold(needed: number, count: number, position: number): void {
  if (needed >= 0 && needed <= count + 1) return;
  throw malformedText(
    position,
    `invalid t-out-of-n predicate, t ${needed}, n ${count}`,
    `ask for 0 to ${count} operands`,
  );
}

/**
 * Fabric: a gate's operands that are gates number their principals first, from left to right; then come its own.
 * Definitions of chaincodes are compared as bytes, so the numbering is part of the protocol. Equal principals are
 * listed once for each time they are written.
 */
function numberPrincipals(gate: GateNode, identities: MSPPrincipal[]): SignaturePolicy {
  const nested = gate.operands.map((operand) =>
    operand.kind === "gate" ? numberPrincipals(operand, identities) : undefined,
  );
  const rules = gate.operands.map((operand, index): SignaturePolicy => {
    const rule = nested[index];
    if (rule !== undefined || operand.kind === "gate") return rule ?? { type: undefined };
    const value = identities.push(rolePrincipal(operand.principal)) - 1;
    return { type: { $case: "signedBy", value } };
  });
  return { type: { $case: "nOutOf", value: { n: gate.needed, rules } } };
}
