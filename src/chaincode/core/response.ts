import { EMPTY_BYTES } from "../../kernel/bytes.ts";
import type { Response } from "../../wire/index.ts";

/** A chaincode's response of status 200. */
export function success(payload: Uint8Array): Response {
  return { status: 200, message: "", payload };
}

/** A chaincode's response of status 500, or another above 400. */
export function failure(message: string, status = 500): Response {
  return { status, message, payload: EMPTY_BYTES };
}
