import assert from "node:assert/strict";
import { test } from "node:test";
import { type FieldCondition, filterFields } from "../../host/operators/filter-fields.ts";

function holds(condition: Record<string, FieldCondition>, value: unknown, keeps = true): boolean {
  const { call } = filterFields(condition, keeps);
  assert.ok(call.shape === "filter");
  return Boolean(call.fn(null as never, value as never)) === call.keeps;
}

test("comparisons, with null and absent fields", () => {
  const cases: readonly [Record<string, FieldCondition>, unknown, boolean][] = [
    [{ a: "x" }, { a: "x" }, true],
    [{ a: "x" }, { a: "y" }, false],
    [{ a: { ge: 1, lt: 3 } }, { a: 1 }, true],
    [{ a: { ge: 1, lt: 3 } }, { a: 3 }, false],
    [{ a: { gt: 1 }, b: true }, { a: 2, b: false }, false],
    [{ a: 1 }, { a: 1n }, true],
    [{ a: { le: 10n } }, { a: 10.5 }, false],
    [{ a: 1 }, { a: "1" }, false],
    [{ a: { ne: 1 } }, { a: "1" }, true],
    [{ a: { ge: 0 } }, { a: Number.NaN }, false],
    [{ a: null }, {}, true],
    [{ a: null }, { a: null }, true],
    [{ a: null }, { a: 0 }, false],
    [{ a: { ne: null } }, { a: 0 }, true],
    [{ a: { ne: "x" } }, {}, true],
    [{ a: { lt: "x" } }, {}, false],
    [{ a: null }, null, true],
    [{ a: { ne: "x" } }, null, true],
    [{ a: "x" }, null, false],
    [{ a: { gt: { field: "b" } } }, { a: 2, b: 1 }, true],
    [{ a: { gt: { field: "b" } } }, { a: 2 }, false],
    [{ a: { eq: { field: "b" } } }, { b: null }, true],
    [{ a: { le: { field: "b" } } }, {}, false],
    [{ a: { ne: { field: "b" } } }, { b: "x" }, true],
    [{ a: { eq: { multiply: ["b", 2] } } }, { a: 4, b: 2 }, true],
    [{ a: { ne: { multiply: ["b", 2] } } }, { a: 4 }, true],
    [{ a: { eq: { add: ["b", 1n] } } }, null, true],
  ];
  for (const [condition, value, expected] of cases) {
    assert.equal(
      holds(condition, value),
      expected,
      `${JSON.stringify(condition, bigints)} of ${String(value)}`,
    );
    assert.equal(holds(condition, value, false), !expected);
  }
});

function bigints(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? `${value}n` : value;
}

test("texts order by code point", () => {
  const rising = [
    "",
    "a",
    "ab",
    "b",
    "\ud83d",
    "\ud83da",
    "\ude00",
    "\ue000",
    "\uffff",
    "\u{1f600}",
    "\u{1f601}",
  ];
  for (let left = 0; left < rising.length; left++) {
    for (let right = 0; right < rising.length; right++) {
      assert.equal(holds({ a: { lt: rising[right]! } }, { a: rising[left] }), left < right);
      assert.equal(holds({ a: rising[right]! }, { a: rising[left] }), left === right);
    }
  }
});

test("what is no condition is refused when it is declared", () => {
  const cases: readonly [Record<string, FieldCondition | undefined>, RegExp][] = [
    [{}, /a condition that compares nothing/],
    [{ a: undefined }, /the condition on "a" is undefined/],
    [{ a: { above: 1 } as never }, /"above" is no comparison/],
    [{ a: { gt: undefined as never } }, /the condition on "a" compares with undefined/],
    [{ a: { gt: { power: ["a", 2] } } }, /the condition on "a" has "power", which is no operator/],
  ];
  for (const [condition, message] of cases) {
    assert.throws(() => filterFields(condition, true), { code: "TOPOLOGY_INVALID", message });
  }
});
