import { utf8 } from "../../../src/kernel/bytes.ts";

/** A response, ready to be sent. */
export interface ApiAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

const EMPTY = new Uint8Array(0);

/** Fabric's JSON: one line, with `<`, `>`, `&` and the two line separators escaped as Go does. */
export function jsonAnswer(
  status: number,
  content: unknown,
  headers: Readonly<Record<string, string>> = {},
): ApiAnswer {
  const text = JSON.stringify(content).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  return {
    status,
    headers: { ...headers, "Content-Type": "application/json" },
    body: utf8(`${text}\n`),
  };
}

export function errorAnswer(
  status: number,
  error: string,
  headers: Readonly<Record<string, string>> = {},
): ApiAnswer {
  return jsonAnswer(status, { error }, headers);
}

/** 405, with what is allowed instead. */
export function notAllowedAnswer(error: string, ...methods: readonly string[]): ApiAnswer {
  return errorAnswer(405, error, { Allow: methods.join(", ") });
}

export function bytesAnswer(
  body: Uint8Array,
  headers: Readonly<Record<string, string>>,
): ApiAnswer {
  return { status: 200, headers: { ...headers, "Content-Type": "application/octet-stream" }, body };
}

export function emptyAnswer(status: number): ApiAnswer {
  return { status, headers: {}, body: EMPTY };
}

/** What Go answers for a path that nobody serves. */
export function noSuchPageAnswer(): ApiAnswer {
  return {
    status: 404,
    headers: {
      "Content-Type": "text/plain; charset=utf-8",
      "X-Content-Type-Options": "nosniff",
    },
    body: utf8("404 page not found\n"),
  };
}

export function redirectAnswer(location: string): ApiAnswer {
  return {
    status: 302,
    headers: { "Content-Type": "text/html; charset=utf-8", Location: location },
    body: utf8(`<a href="${location}">Found</a>.\n\n`),
  };
}
