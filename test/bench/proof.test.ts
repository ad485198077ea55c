import assert from "node:assert/strict";
import { test } from "node:test";
import { Addresses } from "../../bench/lib/addresses.ts";
import { Expectation } from "../../bench/lib/proof.ts";

const RECORDS = 3000;

function output(): { key: string; value: string }[] {
  const addresses = new Addresses(1);
  return Array.from({ length: RECORDS }, () => {
    const { key, value } = addresses.next();
    return { key, value: value.replace(/"(\w+)":/g, (name) => name.toLowerCase()) };
  });
}

function proofOf(records: readonly { key: string; value: string }[]) {
  const expectation = new Expectation(RECORDS, 1);
  for (const { key, value } of records) expectation.take(key, value);
  return expectation.proof();
}

test("the expected output is exact", () => {
  assert.deepEqual(proofOf(output()), { records: RECORDS, missing: 0, wrong: 0 });
});

test("a missing, a doubled and a foreign record are found", () => {
  assert.deepEqual(proofOf(output().slice(0, -1)), { records: RECORDS - 1, missing: 1, wrong: 0 });
  const doubled = output();
  doubled.push(doubled.at(-1)!);
  assert.deepEqual(proofOf(doubled), { records: RECORDS + 1, missing: 0, wrong: 1 });
  const foreign = output();
  foreign[0] = { key: "nobody", value: "{}" };
  assert.equal(proofOf(foreign).wrong, 1);
});

test("two records of one key in the wrong order are found", () => {
  const records = output();
  const first = records.findIndex(
    ({ key }, index) => records.findIndex((other) => other.key === key) < index,
  );
  const before = records.findIndex(({ key }) => key === records[first]!.key);
  [records[first], records[before]] = [records[before]!, records[first]!];
  assert.ok(proofOf(records).wrong > 0);
});

test("names that are not in lower case are wrong", () => {
  const records = output();
  records[7] = { ...records[7]!, value: records[7]!.value.replace('"city"', '"City"') };
  assert.ok(proofOf(records).wrong > 0);
});
