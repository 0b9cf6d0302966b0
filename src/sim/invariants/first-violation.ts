/** The first violation among `items`; those after it are not looked at. */
export function firstViolation<T>(
  items: Iterable<T>,
  violationOf: (item: T) => string | undefined,
): string | undefined {
  for (const item of items) {
    const violation = violationOf(item);
    if (violation !== undefined) return violation;
  }
  return undefined;
}
