/** A state store whose file may not grow: says what became of its writes. */
import { LmdbKvStore } from "../../../src/ledger/adapters/lmdb-kv-store.ts";

// Otherwise the signal of the refused write ends the process.
process.on("SIGXFSZ", () => undefined);

const VALUE_BYTES = 100_000;
const COUNT_MAX = 200;

const store = LmdbKvStore.open(process.argv[2] ?? "");
const keyOf = (number: number): Uint8Array => Uint8Array.of(1, number);
const isWritten = (number: number): Promise<boolean> =>
  store.write([{ key: keyOf(number), value: new Uint8Array(VALUE_BYTES).fill(number) }]).then(
    () => true,
    () => false,
  );

let count = 0;
while (count < COUNT_MAX && (await isWritten(count))) count += 1;
const again: boolean[] = [];
for (let attempt = 0; attempt < 10; attempt += 1) again.push(await isWritten(count));
const isVisible = store.get(keyOf(count)) !== undefined;
process.send?.({ count, again: again.includes(true), isVisible });
process.disconnect();
