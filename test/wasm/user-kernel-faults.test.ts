import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { PeridotError } from "../../host/errors.ts";
import { authorsModule, instanceOf, runKernel, type Written } from "../kernels/user-modules.ts";
import { runRows as rowsOf, runAuthors } from "./authors-scene.ts";

const module = await authorsModule();
const run = (kernel: string, records: readonly Written[]) => runAuthors(module, kernel, records);
const runRows = (kernel: string, records: readonly Written[]) => rowsOf(module, kernel, records);
const texts = (...all: (string | null)[]): Written[] => all.map((value, row) => ({ key: `k${row}`, value }));

suite("a kernel that misbehaves", () => {
  const CASES: readonly (readonly [string, RegExp])[] = [
    ["hang", /naughty: it has used up its fuel, 100000 turns of loops and calls for a row/],
    ["recurse", /naughty: (?:Maximum call stack|it has used up its fuel)/],
    ["copy", /used up its fuel/],
    ["assert", /naughty: a mistake at .*orders\.ts:\d+:\d+/],
    ["divide", /naughty: divide by zero/],
    ["index", /naughty: an index is out of range/],
    ["json", /naughty: json: a member in an array/],
    ["end", /naughty: json: .*an end too many/],
    ["from", /naughty: out\.from/],
  ];
  for (const [value, says] of CASES) {
    test(`${value}: the instance ends, and the row is known`, () => {
      const kernels = instanceOf(module);
      const user = kernels.newUserKernel({ kernel: "naughty", rowsMax: 4, fuelPerRow: 100_000 });
      const error = caught(() => runKernel(kernels, user, texts("good", "good", value, "good")));
      assert.match(error.message, says);
      assert.deepEqual([error.code, error.facts.row, error.facts.kernel], ["KERNEL_TRAPPED", 2, "naughty"]);
      assert.equal(error.facts.fuel, /fuel/.test(error.message));
      assert.equal(kernels.dead, true);
      assert.throws(() => user.run(kernels.newHostBatch(), kernels.newSelection(1), 0), {
        code: "KERNEL_DEAD",
      });
    });
  }

  test("fuel is a row's own: neighbours do not change what it may burn", () => {
    const kernels = instanceOf(module);
    const user = kernels.newUserKernel({ kernel: "fan", rowsMax: 100, fuelPerRow: 1000 });
    const records = texts(...Array.from({ length: 100 }, () => "300"));
    assert.equal(runKernel(kernels, user, records).made.length, 30000);
  });

  test("spans of one row are many", () => {
    assert.equal(run("naughty", texts("spans")).made.length, 1);
  });

  const FIELDS: readonly (readonly [string, RegExp])[] = [
    [
      "unknownField",
      /kernel unknownField asks for the field "prize", which the schema of its input does not have/,
    ],
    ["mistypedField", /the field "price", which has another type/],
    ["mistypedElement", /the field "tags", which has another type/],
    ["noArray", /the field "name", which has another type/],
  ];
  for (const [kernel, says] of FIELDS) {
    test(`${kernel} is told so`, () => {
      const value = JSON.stringify({ name: "n", price: 1, count: 1, small: 1, paid: true, tags: ["t"] });
      const error = caught(() => runRows(kernel, [{ value }]));
      assert.equal(error.code, "KERNEL_FIELD_INVALID");
      assert.match(error.message, says);
    });
  }

  test("fields of values that are no rows", () => {
    assert.match(caught(() => run("unknownField", texts("{}"))).message, /its input has no schema/);
  });

  for (const kernel of ["falls", "nowhere"]) {
    test(`${kernel}: rows are emitted from in their order, and from one at all`, () => {
      const error = caught(() => run(kernel, texts("a", "b")));
      assert.match(error.message, /out\.from names a row before the present one, or none/);
      assert.equal(error.facts.row, undefined);
    });
  }
});

function caught(call: () => unknown): PeridotError {
  try {
    call();
  } catch (error) {
    if (error instanceof PeridotError) return error;
    throw error;
  }
  return assert.fail("nothing was thrown");
}
