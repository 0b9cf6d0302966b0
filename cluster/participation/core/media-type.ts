/** The answer of `parseMediaType`: parameters by lower-case name, or Go's words for what is wrong. */
export type MediaTypeReading =
  | { readonly ok: true; readonly parameters: ReadonlyMap<string, string> }
  | { readonly ok: false; readonly reason: string };

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+/;
const QUOTED = /^"((?:[^"\\\r\n]|\\.)*)"/;
const LENGTH_MAX = 1_024;

/** Reads a `Content-Type` such as `multipart/form-data; boundary=x`. */
export function parseMediaType(text: string): MediaTypeReading {
  if (text.length > LENGTH_MAX) return { ok: false, reason: "mime: media type is too long" };
  const [type = "", ...others] = text.split(";");
  if (!isTypeName(type.trim())) {
    return {
      ok: false,
      reason: type.trim() === "" ? "mime: no media type" : "mime: expected token after slash",
    };
  }
  const parameters = new Map<string, string>();
  let rest = others.length === 0 ? "" : text.slice(type.length);
  while (rest.trim() !== "" && rest.trim() !== ";") {
    const parameter = readParameter(rest);
    if (parameter === undefined) return { ok: false, reason: "mime: invalid media parameter" };
    if (parameters.has(parameter.name)) {
      return { ok: false, reason: "mime: duplicate parameter name" };
    }
    parameters.set(parameter.name, parameter.value);
    rest = parameter.rest;
  }
  return { ok: true, parameters };
}

function isTypeName(text: string): boolean {
  const [main = "", sub = "", ...more] = text.split("/");
  return more.length === 0 && isToken(main) && isToken(sub);
}

function isToken(text: string): boolean {
  return TOKEN.exec(text)?.[0] === text && text !== "";
}

function readParameter(
  text: string,
): { readonly name: string; readonly value: string; readonly rest: string } | undefined {
  const start = /^\s*;\s*/.exec(text);
  if (start === null) return undefined;
  const afterStart = text.slice(start[0].length);
  const name = TOKEN.exec(afterStart)?.[0];
  if (name === undefined || afterStart[name.length] !== "=") return undefined;
  const afterName = afterStart.slice(name.length + 1);
  const quoted = QUOTED.exec(afterName);
  const raw = quoted?.[0] ?? TOKEN.exec(afterName)?.[0];
  if (raw === undefined) return undefined;
  const value = quoted === null ? raw : (quoted[1] ?? "").replace(/\\(.)/g, "$1");
  return { name: name.toLowerCase(), value, rest: afterName.slice(raw.length) };
}
