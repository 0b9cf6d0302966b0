export type LogFields = Readonly<Record<string, unknown>>;

/**
 * Structured log. The message is constant text, what varies goes into `fields`.
 * error: someone must act; warn: will become one; info: rare state changes; debug: per block; trace: per message.
 */
export interface Logger {
  error(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  debug(message: string, fields?: LogFields): void;
  trace(message: string, fields?: LogFields): void;
  /** A logger whose lines carry the component's dotted name (its level can be set apart) and these fields. */
  child(component: string, fields?: LogFields): Logger;
}

const ignore = (): void => undefined;

/** Drops everything. */
export const silentLogger: Logger = {
  error: ignore,
  warn: ignore,
  info: ignore,
  debug: ignore,
  trace: ignore,
  child: (): Logger => silentLogger,
};
