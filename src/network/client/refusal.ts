/** What a failed call means to whoever made it. */
import type { RpcError } from "../../kernel/ports/rpc.ts";
import { ErrorDetail, RpcStatus, tryDecode } from "../../wire/index.ts";
import { NetworkError } from "../errors.ts";

/** The error of a call to the node at `address`: whether it runs at all, else what it and the nodes behind it said. */
export function refusalOf(error: RpcError, address: string): NetworkError {
  const options = { cause: error, data: { status: error.code } };
  if (error.message.startsWith("No connection established")) {
    return new NetworkError(
      "not running",
      `nothing answers at ${address}; \`heddle status\` shows which nodes run, \`heddle up\` starts the network`,
      options,
    );
  }
  return new NetworkError(
    "refused",
    `${error.message}${detailsOf(error)}${cureOf(error)}`,
    options,
  );
}

// The gateway's message says what failed, the details say at whom and why.
function detailsOf(error: RpcError): string {
  const { statusDetails, message } = error;
  const status = statusDetails === undefined ? undefined : tryDecode(RpcStatus, statusDetails);
  return (status?.details ?? [])
    .flatMap(({ value }) => tryDecode(ErrorDetail, value) ?? [])
    .map((detail) => {
      const text = message.includes(detail.message) ? "" : `: ${detail.message}`;
      return `\n  ${detail.address} (${detail.mspId})${text}`;
    })
    .join("");
}

function cureOf({ message }: RpcError): string {
  const isUnknownChaincode =
    message.startsWith("no peers available to evaluate chaincode") ||
    message.includes("No metadata was found for chaincode");
  return isUnknownChaincode ? "; deploy it with `heddle deploy`, or check its name" : "";
}
