/** One node of a network, as an operator sees it from outside. */
export interface NodeStatus {
  readonly name: string;
  readonly role: "orderer" | "peer";
  readonly mspId: string;
  readonly address: string;
  readonly operationsAddress: string;
  readonly dataDirectory: string;
  readonly pid: number | undefined;
}
