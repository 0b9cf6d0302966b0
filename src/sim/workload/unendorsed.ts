import type { Random } from "../../kernel/ports/random.ts";
import {
  ChaincodeActionPayload,
  Payload,
  Transaction,
  decode,
  encode,
  type Endorsement,
  type Envelope,
} from "../../wire/index.ts";
import { flipped } from "./forgery.ts";

/**
 * A transaction as a client makes it that means harm, still to be signed: its endorsements are gone, too few, of one
 * organisation twice, or carry a signature with a bit changed.
 */
export function unendorsed({ payload }: Envelope, random: Random): Envelope {
  const read = decode(Payload, payload);
  const transaction = decode(Transaction, read.data);
  const actions = transaction.actions.map((each) => {
    const action = decode(ChaincodeActionPayload, each.payload);
    const endorsed = action.action && {
      ...action.action,
      endorsements: spoiled(action.action.endorsements, random),
    };
    return {
      ...each,
      payload: encode(ChaincodeActionPayload, { ...action, action: endorsed }),
    };
  });
  const data = encode(Transaction, { ...transaction, actions });
  return { payload: encode(Payload, { ...read, data }), signature: new Uint8Array() };
}

function spoiled(endorsements: readonly Endorsement[], random: Random): Endorsement[] {
  const [first] = endorsements;
  if (first === undefined) return [];
  switch (random.below(4)) {
    case 0:
      return [];
    case 1:
      return [first];
    case 2:
      return [first, first];
    default:
      return endorsements.map((each) => ({ ...each, signature: flipped(each.signature, random) }));
  }
}
