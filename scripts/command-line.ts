/** What the scripts make of their arguments. */

/** The whole number that an option was given. Ends the process with 2, naming the option and what it takes, when it is none of at least `min`. */
export function wholeNumber(option: string, text: string, min: number): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isSafeInteger(value) || value < min) {
    refuse(`${option} takes a whole number of at least ${min}, not "${text}"`);
  }
  return value;
}

/** As `wholeNumber`, for a number above 0 that need not be whole. */
export function positiveNumber(option: string, text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !(value > 0) || !Number.isFinite(value)) {
    refuse(`${option} takes a number above 0, not "${text}"`);
  }
  return value;
}

/** Ends the process: its arguments were wrong. */
export function refuse(problem: string): never {
  console.error(`${problem}; see --help`);
  process.exit(2);
}

/** What `parse` makes of the command line; what it does not know ends the process. */
export function parsed<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error));
  }
}
