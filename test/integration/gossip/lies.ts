/** What a peer serves that does not serve the truth. */

/** The true bytes of a block; undefined of one that there is not. */
export type Truth = (number: number) => Uint8Array | undefined;

/** What is served for a block. */
export type Lie = (
  number: number,
  truth: Truth,
) => Uint8Array | undefined | Promise<Uint8Array | undefined>;

export const changedBit: Lie = (number, truth) => {
  const middle = Math.floor((truth(number)?.length ?? 0) / 2);
  return truth(number)?.map((byte, at) => (at === middle ? byte ^ 1 : byte));
};

export const olderBlock: Lie = (number, truth) => truth(number - 1);

/** Answers, with nothing. */
export const nothing: Lie = () => undefined;

/** Never answers. */
export const silence: Lie = () => new Promise(() => undefined);
