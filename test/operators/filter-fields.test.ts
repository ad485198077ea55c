import assert from "node:assert/strict";
import { test } from "node:test";
import { type FieldCondition, filterFields } from "../../host/operators/filter-fields.ts";
import { project } from "../../host/operators/project.ts";

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
  const rising = ["", "a", "ab", "b", "\ue000", "\uffff", "\u{1f600}", "\u{1f601}"];
  for (let left = 0; left < rising.length; left++) {
    for (let right = 0; right < rising.length; right++) {
      assert.equal(holds({ a: { lt: rising[right]! } }, { a: rising[left] }), left < right);
      assert.equal(holds({ a: rising[right]! }, { a: rising[left] }), left === right);
    }
  }
});

test("a projection renames, leaves out what is absent, and keeps null", () => {
  const { call } = project({ x: "a", y: "b" });
  assert.ok(call.shape === "mapValues");
  const projected = (value: unknown) => call.fn(value as never, null as never);
  assert.deepEqual(projected({ a: 1, b: null, c: 3 }), { x: 1, y: null });
  assert.deepEqual(projected({ b: 2 }), { y: 2 });
  assert.equal(projected(null), null);
});
