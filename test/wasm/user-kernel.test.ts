import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { kernelsIn } from "../../host/wasm/kernel-module.ts";
import { authorsModule, instanceOf, type Ran, runKernel, type Written } from "../kernels/user-modules.ts";
import { runRows as rowsOf, runAuthors } from "./authors-scene.ts";

const module = await authorsModule();

const run = (kernel: string, records: readonly Written[], batchRows?: number) =>
  runAuthors(module, kernel, records, batchRows);
const runRows = (kernel: string, records: readonly Written[]) => rowsOf(module, kernel, records);

const values = (ran: Ran) => ran.made.map(({ value }) => value);
const pairs = (ran: Ran) => ran.made.map(({ key, value }) => [key, value]);
const texts = (...all: (string | null)[]): Written[] => all.map((value, row) => ({ key: `k${row}`, value }));
const utf8 = (text: string) => Buffer.from(text);

test("a module lists its kernels, and says which it has where one is missing", () => {
  assert.ok(kernelsIn(module).includes("priced"));
  assert.throws(() => instanceOf(module).newUserKernel({ kernel: "price", rowsMax: 1 }), {
    code: "KERNEL_MISSING",
    message: /authors\.wasm has no kernel price\. It has: .*priced/,
  });
});

suite("rows and records", () => {
  test("a record that nothing is written to is the row's own", () => {
    const headers = [
      { key: "a", value: utf8("1") },
      { key: "b", value: null },
    ];
    const long = "x".repeat(3000);
    const records = [
      { key: "k", value: "v", timestamp: 5n, headers },
      { key: null, value: long, timestamp: -1n },
      { key: "", value: null, timestamp: 7n },
    ];
    const kernels = instanceOf(module);
    const user = kernels.newUserKernel({ kernel: "same", rowsMax: 3 });
    assert.deepEqual(
      runKernel(kernels, user, records).made.map(({ key, value, timestamp }) => [key, value, timestamp]),
      records.map(({ key, value, timestamp }) => [key, value, timestamp]),
    );
    assert.deepEqual(
      [0, 1, 2].map((record) => user.batch.headers(record)),
      [headers, [], []],
    );
  });

  test("fields of every type by name, text and JSON", () => {
    const orders = [
      {
        name: ' "Café"\n',
        price: 60,
        count: 9007199254740993n,
        small: -7,
        paid: true,
        address: { city: "Lyon" },
        tags: ["a", "b\\"],
        extra: { deep: [1] },
      },
      { name: "plain", count: 0, small: 0, paid: null },
    ];
    const text = (value: unknown) =>
      JSON.stringify(value, (_, part: unknown) => (typeof part === "bigint" ? `${part}n` : part)).replace(
        /"(\d+)n"/,
        "$1",
      );
    assert.deepEqual(
      pairs(
        runRows(
          "priced",
          orders.map((order) => ({ key: "k", value: text(order) })),
        ),
      ),
      [
        [
          '"CAFé"',
          '{"name":" \\"Café\\"\\n","gross":71.39999999999999,"count":9007199254740993,"paid":true,"small":-7,"address":{"city":"Lyon","known":true},"tags":["a","b\\\\"],"size":"large \\"L\\"","extra":{"deep":[1]}}',
        ],
        [
          "PLAIN",
          '{"name":"plain","gross":null,"count":0,"paid":false,"small":0,"address":{"city":"","known":false},"tags":[],"size":"small","extra":null,"price":null}',
        ],
      ],
    );
  });

  test("null keys and values", () => {
    const records = [
      { key: "k", value: "v" },
      { key: null, value: "v" },
      { key: "k", value: null },
      {},
      { key: "", value: "v" },
    ];
    assert.deepEqual(pairs(run("swapped", records)), [
      ["v", "k"],
      ["v", null],
      [null, "k"],
      [null, null],
      ["v", ""],
    ]);
  });

  test("headers by name: the last one counts", () => {
    const kind = (value: string | null) => ({ key: "kind", value: value === null ? null : utf8(value) });
    const records = [
      { headers: [kind("a"), { key: "other", value: utf8("b") }, kind("c")] },
      { headers: [kind(null)] },
      { headers: [{ key: "kin", value: utf8("d") }] },
      {},
    ];
    assert.deepEqual(pairs(run("headers", records)), [
      ["c", "yes"],
      ["", "yes"],
      ["", "no"],
      ["", "no"],
    ]);
  });

  test("Kafka's binary numbers", () => {
    const key = Buffer.alloc(8);
    key.writeBigInt64BE(-5n);
    const value = Buffer.alloc(8);
    value.writeDoubleBE(3);
    const kernels = instanceOf(module);
    const user = kernels.newUserKernel({ kernel: "binary", rowsMax: 2 });
    runKernel(kernels, user, [
      { key, value },
      { key: "short", value: null },
    ]);
    assert.equal(user.batch.key(0)!.readBigInt64BE(), -4n);
    assert.equal(user.batch.value(0)!.readDoubleBE(), 1.5);
    assert.equal(user.batch.key(1)!.readInt32BE(), -5);
    assert.deepEqual(user.batch.value(1), Buffer.alloc(0));
    assert.equal(user.batch.key(2)!.readBigInt64BE(), 1n); // bytes of another length read as 0
  });

  test("spans tell what they are, in UTF-8", () => {
    assert.deepEqual(
      values(
        run("told", [
          { key: "grüße", value: "grüße" },
          { key: "h", value: "GREY" },
          { key: null, value: null },
          { key: "a", value: "" },
        ]),
      ),
      [
        "7 is starts ends contains at 6 0 equal r\u00c3g".replace("\u00c3", "\ufffd"),
        "4 is not at -1 -1 differs reG",
        "0 is not at -1 0 equal ",
        "0 is not at -1 -1 differs ",
      ],
    );
  });

  test("timestamps may be set, and rows refused after something was emitted", () => {
    const ran = run("numbers", [
      { value: "2", timestamp: 10n },
      { value: "two" },
      { value: "-1e-3", timestamp: 3n },
      { value: null },
    ]);
    assert.deepEqual(
      ran.made.map(({ value, timestamp, row, ordinal }) => [value, timestamp, row, ordinal]),
      [
        ["seen 2", 10n, 0, 0],
        ["4", 1010n, 0, 1],
        ["seen -1e-3", 3n, 2, 0],
        ["-0.002", 1003n, 2, 1],
      ],
    );
    assert.deepEqual(
      ran.refusals,
      [1, 3].map((row) => ({ row, code: 400, reason: "not a number" })),
    );
  });
});

suite("the batch is not observable", () => {
  const records = Array.from({ length: 100 }, (_, row) => ({
    key: row % 7 === 0 ? null : `key ${row}`,
    value: row % 11 === 0 ? "no number" : row % 5 === 0 ? null : String(row % 4),
    timestamp: BigInt(row),
  }));
  for (const kernel of ["same", "fan", "numbers", "swapped", "told"]) {
    test(`${kernel} makes the same of batches of 1, 2, 7 and all`, () => {
      const { made, refusals } = run(kernel, records);
      for (const batchRows of [1, 2, 7]) {
        const other = run(kernel, records, batchRows);
        assert.deepEqual(other.made, made);
        assert.deepEqual(other.refusals, refusals);
      }
      assert.ok(made.length > 0);
    });
  }

  test("where selected rows are few, and a run begins behind the first", () => {
    const kernels = instanceOf(module);
    const user = kernels.newUserKernel({ kernel: "same", rowsMax: 4 });
    const host = kernels.newHostBatch();
    const selection = kernels.newSelection(4);
    runKernel(kernels, user, texts("a", "b", "c", "d"));
    const { batch } = user;
    assert.equal(batch.rows, 4);
    host.load(Buffer.from(kernels.memory.subarray(user.batchAddress, user.batchAddress + 70000)));
    selection.selectRows([1, 3]);
    assert.equal(user.run(host, selection, 1), 2);
    assert.deepEqual([user.records, ...user.rowOf, user.batch.valueText(0)], [1, 3, "d"]);
    assert.equal(user.run(host, selection, 2), 2);
    assert.equal(user.records, 0);
  });
});

suite("what comes of a row may be more than fits", () => {
  test("many records of one row, and growth of what holds them", () => {
    const { made } = run("fan", texts("3", "0", "5000", "2"));
    assert.equal(made.length, 5005);
    assert.deepEqual(made.at(-1), { key: "1", value: "2", timestamp: 0n, row: 3, ordinal: 1, offset: 3n });
    assert.deepEqual(
      made.map(({ row }) => row),
      [...made.map(({ row }) => row)].sort((a, b) => a - b),
    );
  });

  test("a batch's worth ends the run before the row that goes beyond it", () => {
    const { made, runs, refusals } = run("fan", texts("40000", "30000", "65536", "65537", "1"));
    assert.equal(made.length, 40000 + 30000 + 65536 + 1);
    assert.ok(runs >= 4, `${runs} runs`);
    assert.deepEqual(
      refusals.map(({ row, code }) => [row, code]),
      [[3, 401]],
    );
  });

  test("bytes grow, up to 16 MiB of one row", () => {
    const { made, refusals } = run("large", texts("100", "1000000", "70000000", "5"));
    assert.deepEqual(
      made.map(({ value }) => value!.length),
      [112, 1000000, 16],
    );
    assert.deepEqual(
      refusals.map(({ row, code }) => [row, code]),
      [[2, 401]],
    );
  });

  test("the batch form tries half of the rows until they fit", () => {
    const { made, refusals } = run("largeBatch", texts("7000000", "7000000", "70000000", "16", "7000000"));
    assert.deepEqual(
      made.map(({ row, value }) => [row, value!.length]),
      [
        [0, 7000000],
        [1, 7000000],
        [3, 16],
        [4, 7000000],
      ],
    );
    assert.deepEqual(
      refusals.map(({ row, code }) => [row, code]),
      [[2, 401]],
    );
  });

  test("memory that has reached its bound: what was made before is given out, then it is an error", () => {
    const kernels = instanceOf(module, 8 << 20);
    const user = kernels.newUserKernel({ kernel: "large", rowsMax: 3, fuelPerRow: 1e8 });
    assert.throws(() => runKernel(kernels, user, texts("100", "20000000", "5")), {
      code: "KERNEL_MEMORY_FULL",
    });
    assert.deepEqual(user.records, 0);
    assert.equal(kernels.dead, false);
    assert.equal(runKernel(kernels, user, texts("100", "5")).made.length, 2);
  });

  test("what a kernel took is given back", () => {
    const kernels = instanceOf(module);
    const once = () => {
      const user = kernels.newUserKernel({ kernel: "fan", rowsMax: 3 });
      runKernel(kernels, user, texts("1000", "1", "2"));
      user.close();
    };
    once();
    const before = kernels.memoryBytes;
    for (let time = 0; time < 50; time++) once();
    assert.equal(kernels.memoryBytes, before);
  });
});

suite("a kernel over the batch", () => {
  test("sees rows in any order, and emits in theirs", () => {
    const records = ["a", "b", "a", "c", "a", "b"].map((key) => ({ key, value: "v" }));
    assert.deepEqual(pairs(run("later", records)), [
      ["a", "2"],
      ["b", "1"],
      ["a", "1"],
      ["c", "0"],
      ["a", "0"],
      ["b", "0"],
    ]);
  });

  test("refuses a row, and what it emits of it afterwards does not count", () => {
    const records = ["a", "a", "a", "a", "b"].map((key) => ({ key, value: "v" }));
    const ran = run("later", records);
    assert.deepEqual(
      ran.made.map(({ row }) => row),
      [1, 2, 3, 4],
    );
    assert.deepEqual(ran.refusals, [{ row: 0, code: 400, reason: "too many" }]);
  });
});
