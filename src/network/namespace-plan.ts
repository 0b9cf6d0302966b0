/**
 * Addresses of a network whose nodes have namespaces of their own. Place p has a cable with an end at the hub and one at the
 * node. Place 0 is the machine itself, so that clients and commands reach every node. Pure.
 */

/** Networks beside each other. */
export const SUBNET_MAX = 254;

export function subnetOf(subnet: number): string {
  return `10.213.${subnet}.0/24`;
}

/** The hub's end. */
export function hubAt(subnet: number, place: number): string {
  return `10.213.${subnet}.${2 * place}`;
}

/** The node's end, 0 < `place` < 128. */
export function hostAt(subnet: number, place: number): string {
  return `10.213.${subnet}.${2 * place + 1}`;
}
