import { expect, test } from "vitest";
import { Contacts } from "../../../../gossip/core/contacts.ts";

const seed = { endpoint: "a:1", mspId: "Org1MSP" };
const nobody = (): boolean => false;

test("an endpoint is dialled once an interval until it is served", () => {
  const contacts = new Contacts("self", 100);
  contacts.replace([seed]);
  expect(contacts.due(0, nobody)).toEqual([seed]);
  expect(contacts.due(99, nobody)).toEqual([]);
  expect(contacts.due(100, nobody)).toEqual([seed]);
  contacts.reached("a:1", "peer");
  expect(contacts.due(300, (_seed, peer) => peer === "peer")).toEqual([]);
  expect(contacts.due(301, nobody)).toEqual([seed]);
});

test("an endpoint where this peer itself answers is left alone", () => {
  const contacts = new Contacts("self", 100);
  contacts.replace([seed]);
  contacts.reached("a:1", "self");
  expect(contacts.due(1_000, nobody)).toEqual([]);
});

test("a new list keeps what is known of those that stay", () => {
  const contacts = new Contacts("self", 100);
  contacts.replace([seed]);
  contacts.due(0, nobody);
  const other = { endpoint: "b:1", mspId: "Org2MSP" };
  contacts.replace([seed, other]);
  expect(contacts.due(1, nobody)).toEqual([other]);
  contacts.replace([other]);
  expect(contacts.due(500, nobody)).toEqual([other]);
});
