import { NAME_LENGTH_MAX } from "./limits.ts";

const CHANNEL_ID = /^[a-z][a-z0-9.-]*$/;
const CONFIG_NAME = /^[a-zA-Z0-9.-]+$/;

/** Fabric: lower-case letters, digits, dots and dashes, a letter first, at most 249 characters. */
export function isChannelId(text: string): boolean {
  return text.length <= NAME_LENGTH_MAX && CHANNEL_ID.test(text);
}

/** Fabric: letters, digits, dots and dashes, at most 249 characters, neither `.` nor `..`. */
export function isConfigName(text: string): boolean {
  if (text === "." || text === "..") return false;
  return text.length <= NAME_LENGTH_MAX && CONFIG_NAME.test(text);
}
