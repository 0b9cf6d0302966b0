/** The rules around one invocation, before a process is asked. */
import { equalBytes, utf8 } from "../../kernel/bytes.ts";
import {
  ChaincodeInput,
  ChaincodeMessage,
  ChaincodeMessage_Type as MessageType,
  encode,
  Response,
} from "../../wire/index.ts";
import type { StateAccess } from "../ports.ts";
import type { ChaincodeDefinition } from "./definition.ts";

/** Fabric: below all keys of a contract's own; holds the version that was initialised. */
export const INITIALIZED_KEY = "\u0000\u{10ffff}initialized";

/** Whether this invocation is an initialisation, or why it may not take place. */
export type InitCheck =
  { readonly ok: true; readonly isInit: boolean } | { readonly ok: false; readonly reason: string };

/** Enforces that a contract which asks for it is initialised once per version, and first. Records the initialisation. */
export function checkInit(
  state: StateAccess,
  definition: ChaincodeDefinition,
  isInit: boolean,
): InitCheck {
  const { name, version, initRequired } = definition;
  if (!initRequired) {
    return isInit
      ? refused(`chaincode '${name}' does not require initialization but called as init`)
      : { ok: true, isInit };
  }
  const initialized = state.getState(name, INITIALIZED_KEY);
  const isDone = initialized !== undefined && equalBytes(initialized, utf8(version));
  if (isInit) {
    if (isDone) return refused(`chaincode '${name}' is already initialized but called as init`);
    state.putState(name, INITIALIZED_KEY, utf8(version));
    return { ok: true, isInit };
  }
  return isDone
    ? { ok: true, isInit }
    : refused(
        `chaincode '${name}' has not been initialized for this version, must call as init first`,
      );
}

/** The payload of INIT and TRANSACTION. Fabric: what a client put into the decorations is dropped. */
export function encodeInput(input: ChaincodeInput, isInit: boolean): Uint8Array {
  return encode(ChaincodeInput, { args: input.args, decorations: new Map(), isInit });
}

/** Where a contract's call to another chaincode goes: `name`, `name:version` or `name/channel`; the version is not looked at. */
export function parseCallee(text: string): { readonly name: string; readonly channelId: string } {
  const [chaincode = "", ...rest] = text.split("/");
  const [name = ""] = chaincode.split(":");
  return { name, channelId: rest.join("/") };
}

/** The answer to a call: a marshalled ChaincodeMessage around the called chaincode's Response. */
export function encodeCallAnswer(
  channelId: string,
  txId: string,
  result:
    | { readonly ok: true; readonly response: Response }
    | { readonly ok: false; readonly message: string },
): Uint8Array {
  const response = result.ok
    ? result.response
    : { status: 500, message: result.message, payload: new Uint8Array(0) };
  return encode(ChaincodeMessage, {
    type: result.ok ? MessageType.COMPLETED : MessageType.ERROR,
    timestamp: undefined,
    payload: encode(Response, response),
    txid: txId,
    proposal: undefined,
    chaincodeEvent: undefined,
    channelId,
  });
}

function refused(reason: string): InitCheck {
  return { ok: false, reason };
}
