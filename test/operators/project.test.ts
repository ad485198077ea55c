import assert from "node:assert/strict";
import { test } from "node:test";
import { PeridotError } from "../../host/errors.ts";
import { project } from "../../host/operators/project.ts";

function projected(projection: Readonly<Record<string, unknown>>, value: unknown): unknown {
  const { call } = project(projection);
  assert.ok(call.shape === "mapValues");
  return call.fn(value as never, null as never);
}

test("a projection renames, leaves out what is absent, and keeps null", () => {
  assert.deepEqual(projected({ x: "a", y: "b" }, { a: 1, b: null, c: 3 }), { x: 1, y: null });
  assert.deepEqual(projected({ x: "a", y: "b" }, { b: 2 }), { y: 2 });
  assert.equal(projected({ x: "a" }, null), null);
});

test("it adds constants and computes: null where an operand is null or absent", () => {
  const row = { price: 2.5, quantity: 4, none: null, account: 7n };
  const cases: readonly [unknown, unknown][] = [
    [{ constant: "web" }, "web"],
    [{ constant: null }, null],
    [{ field: "price" }, 2.5],
    [{ multiply: ["price", "quantity"] }, 10],
    [{ add: [{ multiply: ["price", 1.5] }, 5] }, 8.75],
    [{ subtract: [20, "price", "quantity"] }, 13.5],
    [{ divide: ["price", 0] }, Number.POSITIVE_INFINITY],
    [{ remainder: ["quantity", -3] }, 1],
    [{ add: ["price", "none"] }, null],
    [{ add: ["absent", "price"] }, null],
    [{ divide: [{ remainder: ["account", 4n] }, -2n] }, -1n],
  ];
  for (const [from, expected] of cases) {
    assert.deepEqual(projected({ x: from }, row), { x: expected });
  }
});

test("fields are the row's own, whatever their name", () => {
  const from = { toString: "toString", ["__proto__"]: "a" };
  const result = projected(from, { a: 1 }) as object;
  assert.deepEqual(Object.entries(result), [["__proto__", 1]]);
  assert.equal(Object.getPrototypeOf(result), Object.prototype);
});

test("what has no result is an error with its operands", () => {
  const most = 2n ** 63n - 1n;
  const cases: readonly [unknown, unknown, RegExp][] = [
    [
      { add: ["a", 1n] },
      { a: most },
      /^the field "x": 9223372036854775807 \+ 1: the result does not fit in 64 bits$/,
    ],
    [{ subtract: ["a", 1n] }, { a: -most - 1n }, /-9223372036854775808 - 1: the result does not fit/],
    [{ multiply: ["a", "a"] }, { a: 3037000500n }, /3037000500 \* 3037000500: the result does not fit/],
    [{ divide: ["a", -1n] }, { a: -most - 1n }, /-9223372036854775808 \/ -1: the result does not fit/],
    [{ divide: ["a", 0n] }, { a: 1n }, /1 \/ 0: division by zero/],
    [{ remainder: ["a", "b"] }, { a: 1n, b: 0n }, /1 % 0: division by zero/],
    [{ add: ["a", 1] }, { a: 1n }, /1 \+ 1: there is no arithmetic on bigint and number/],
    [{ add: ["a", 1] }, { a: "text" }, /string \+ 1: there is no arithmetic on string and number/],
  ];
  for (const [from, row, says] of cases) {
    assert.throws(
      () => projected({ x: from }, row),
      (error: unknown) => {
        assert.ok(error instanceof PeridotError);
        assert.equal(error.code, "ARITHMETIC_FAILED");
        assert.match(error.message, says);
        return true;
      },
    );
  }
});

test("what is no expression is refused when it is declared", () => {
  const cases: readonly [Readonly<Record<string, unknown>>, RegExp][] = [
    [{}, /a projection without fields/],
    [{ x: 5 }, /the field "x" of a projection is number.*Write the name of a field, \{ constant/s],
    [{ x: null }, /the field "x" of a projection is null/],
    [{ x: {} }, /is an object of 0 members/],
    [{ x: { add: ["a", 1], multiply: ["a", 1] } }, /is an object of 2 members/],
    [{ x: { power: ["a", 2] } }, /the field "x" of a projection has "power", which is no operator/],
    [{ x: { add: ["a"] } }, /"add" has not two operands/],
    [{ x: { add: "a" } }, /"add" has not two operands/],
    [{ x: { add: ["a", true] } }, /is boolean/],
    [{ x: { add: ["a", 2n ** 63n] } }, /9223372036854775808 does not fit in 64 bits/],
    [{ x: { constant: [1] } }, /has "constant", which is no operator/],
  ];
  for (const [projection, says] of cases) {
    assert.throws(
      () => project(projection),
      (error: unknown) => {
        assert.ok(error instanceof PeridotError);
        assert.equal(error.code, "TOPOLOGY_INVALID");
        assert.match(error.message, says);
        return true;
      },
    );
  }
});
