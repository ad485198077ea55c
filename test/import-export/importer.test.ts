import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { ReadableStream } from "node:stream/web";
import { suite, test } from "node:test";
import { parseNote } from "../../host/commit/transaction-tag.ts";
import { bytes } from "../../host/serdes/index.ts";
import type { ItemSource } from "../../host/topology/imported.ts";
import { memoryTransport } from "../../host/transport/memory/memory-transport.ts";
import { ImportScene, LETTERS, numbers, TOPIC } from "./import-scene.ts";

const sorted = (values: readonly string[]) => [...values].sort((a, b) => Number(a) - Number(b));
const upTo = (count: number) => Array.from({ length: count }, (_, number) => `${number}`);
const asRecord = (item: unknown) => ({ value: String(item) });

suite("what may be a source", () => {
  const sources: Record<string, () => ItemSource<unknown> | Promise<ItemSource<unknown>>> = {
    "an async generator": async function* () {
      yield* upTo(5);
    },
    "an array": () => upTo(5),
    "a set": () => new Set(upTo(5)),
    "an array of promises": () => upTo(5).map((each) => Promise.resolve(each)),
    "a promise of an array": async () => upTo(5),
    "a Web ReadableStream": () => ReadableStream.from(upTo(5)),
    "a Node Readable": () => Readable.from(upTo(5)),
  };
  for (const [name, source] of Object.entries(sources)) {
    test(name, async () => {
      const scene = new ImportScene(1);
      const life = await scene.life({ source, record: asRecord }).run();
      assert.equal(life.error, undefined);
      assert.deepEqual(scene.values, upTo(5));
      await life.close();
    });
  }

  for (const items of [undefined, null, 7, "text", {}]) {
    test(`not ${JSON.stringify(items)}`, async () => {
      const scene = new ImportScene();
      const life = await scene.life({ source: () => items as never }).run();
      await life.close();
      assert.equal(life.error?.code, "IMPORT_SOURCE_FAILED");
      assert.equal((life.error.cause as { code?: string }).code, "IMPORT_SOURCE_INVALID");
    });
  }
});

test("records arrive with key, timestamp and headers, in the partition that Kafka's partitioner gives the key", async () => {
  const scene = new ImportScene(3);
  const value = Uint8Array.of(1, 2, 3);
  async function* source() {
    yield {
      key: "a",
      value,
      timestamp: 1234,
      headers: [
        { key: "h", value: "text" },
        { key: "n", value: null },
      ],
    };
    value.fill(9); // a source may use its buffer again
    yield { key: null, value: null };
  }
  const life = await scene.life({ source, value: bytes }).run();
  const partitions = scene.broker.read(TOPIC);
  const keyed = partitions.flat().find(({ key }) => key !== null);
  assert.equal(
    partitions.findIndex((records) => records.includes(keyed!)),
    1,
    "murmur2(a) % 3, as Kafka has it",
  );
  assert.equal(keyed?.timestamp, 1234);
  assert.deepEqual(keyed?.value, Buffer.of(1, 2, 3));
  assert.deepEqual(keyed?.headers, [
    { key: "h", value: Buffer.from("text") },
    { key: "n", value: null },
  ]);
  const tombstone = partitions.flat().find(({ key }) => key === null);
  assert.equal(tombstone?.value, null);
  assert(Math.abs(tombstone!.timestamp - scene.clock.now()) < 5_000, "by the clock");
  await life.close();
});

suite("positions", () => {
  test("a later life goes on behind what is committed", async () => {
    const scene = new ImportScene();
    const from: unknown[] = [];
    const source = (to: number) => (position: number | undefined) => {
      from.push(position);
      return numbers(to, position);
    };
    for (const to of [10, 10, 25]) {
      const life = await scene.life({ source: source(to) }).run();
      await life.close();
    }
    assert.deepEqual(from, [undefined, 10, 10]);
    assert.deepEqual(sorted(scene.values), upTo(25));
    assert.equal(parseNote(scene.committed!.metadata), "25");
    assert.equal(scene.committed!.offset, 25n, "items since the first one");
  });

  test("any value that JSON holds, as it was when the item came", async () => {
    const scene = new ImportScene(1);
    const position = { file: "ä", lines: [0] };
    async function* source() {
      yield { value: "one", position };
      position.lines[0] = 1;
    }
    const life = await scene.life({ source }).run();
    await life.close();
    assert.deepEqual(JSON.parse(parseNote(scene.committed!.metadata)), { file: "ä", lines: [0] });
  });

  test("without them each life takes what the source yields", async () => {
    const scene = new ImportScene(1);
    for (let life = 0; life < 2; life++) {
      const each = await scene.life({ source: () => upTo(3), record: asRecord }).run();
      await each.close();
    }
    assert.deepEqual(scene.values, [...upTo(3), ...upTo(3)]);
  });

  const refused = new Map<string, unknown>([
    ["is a function", () => 1],
    ["has 4002 bytes", "x".repeat(4_000)],
    ["JSON: Do not know how to serialize a BigInt", 1n],
  ]);
  for (const [problem, position] of refused) {
    test(`one that ${problem} ends the import, all before it committed`, async () => {
      const scene = new ImportScene(1);
      const source = () => [
        { value: "good", position: 1 },
        { value: "bad", position },
      ];
      const life = await scene.life({ source }, { errors: { onProductionError: "continue" } }).run();
      await life.close();
      assert.equal(life.error?.code, "IMPORT_POSITION_INVALID");
      assert(life.error.message.includes(problem), life.error.message);
      assert.match(life.error.message, /import lines gives with item 1 /);
      assert.deepEqual(scene.values, ["good"]);
      assert.equal(parseNote(scene.committed!.metadata), "1");
    });
  }
});

suite("what goes wrong", () => {
  async function* failing() {
    yield* numbers(3);
    throw new RangeError("the disk is on fire");
  }

  test("a source that throws ends the import, all before it committed", async () => {
    const scene = new ImportScene();
    const life = await scene.life({ source: failing }).run();
    await life.close();
    assert.equal(life.error?.code, "IMPORT_SOURCE_FAILED");
    assert.match(life.error.message, /source of import lines failed at item 3: the disk is on fire/);
    assert(life.error.cause instanceof RangeError);
    assert.deepEqual(sorted(scene.values), upTo(3));
    const later = await scene.life({ source: (position: number | undefined) => numbers(6, position) }).run();
    assert.deepEqual(sorted(scene.values), upTo(6));
    await later.close();
  });

  /** Of six items the third has no text, the fifth makes `record` throw. */
  function* mixed() {
    for (let number = 0; number < 6; number++) yield { number, position: number + 1 };
  }
  const record = ({ number, position }: { number: number; position: number }) => {
    if (number === 4) throw new RangeError("four is no good");
    return { value: number === 2 ? 2 : `${number}`, position };
  };

  test("fail: the item and the option are named, all before it is committed", async () => {
    const scene = new ImportScene(1);
    const life = await scene.life({ source: mixed, record }).run();
    await life.close();
    assert.equal(life.error?.code, "IMPORT_ITEM_FAILED");
    assert.match(
      life.error.message,
      /item 2 of import lines failed \(\w+\): the serde string refuses .*on\w+Error/,
    );
    assert.deepEqual(scene.values, ["0", "1"]);
    assert.equal(parseNote(scene.committed!.metadata), "2");
  });

  test("continue: it is passed over", async () => {
    const scene = new ImportScene(1);
    const errors = { onProcessingError: "continue", onProductionError: "continue" } as const;
    const life = await scene.life({ source: mixed, record }, { errors }).run();
    await life.close();
    assert.equal(life.error, undefined);
    assert.deepEqual(scene.values, ["0", "1", "3", "5"]);
    assert.equal(parseNote(scene.committed!.metadata), "6");
  });

  test("deadLetter: it goes to that topic with its reason; the import's own settings come first", async () => {
    const scene = new ImportScene(1);
    const seen: unknown[] = [];
    const onProductionError = (failure: unknown) => {
      seen.push(failure);
      return "deadLetter" as const;
    };
    const errors = {
      onProcessingError: "deadLetter",
      onProductionError,
      deadLetterTopic: LETTERS,
    } as const;
    const life = await scene.life({ source: mixed, record, errors }).run();
    await life.close();
    assert.equal(life.error, undefined);
    assert.deepEqual(scene.values, ["0", "1", "3", "5"]);
    const letters = scene.broker.read(LETTERS).flat();
    assert.deepEqual(
      letters.map(({ value }) => JSON.parse(String(value))),
      [
        { number: 2, position: 3 },
        { number: 4, position: 5 },
      ],
    );
    const headers = new Map(letters[1]!.headers.map(({ key, value }) => [key, String(value)]));
    assert.equal(headers.get("__streams.errors.message"), "four is no good");
    assert.equal(headers.get("__streams.errors.exception"), "RangeError");
    assert.equal(headers.get("peridot.import.name"), "lines");
    assert.equal(headers.get("peridot.import.item"), "4");
    assert.equal((seen[0] as { node: string }).node, "lines");
  });

  const items = new Map<string, unknown>([
    ["5 instead of a record", 5],
    ["the timestamp NaN", { value: "x", timestamp: Number.NaN }],
    ["a header whose key is undefined", { value: "x", headers: [{ value: "x" }] }],
    ["bytes in one record", { value: "x".repeat(1 << 20) }],
    ["an object instead of a record", { key: "x" }],
  ]);
  for (const [problem, item] of items) {
    test(`an item with ${problem}`, async () => {
      const scene = new ImportScene(1);
      const life = await scene.life({ source: () => [item] }).run();
      await life.close();
      assert.equal(life.error?.code, "IMPORT_ITEM_FAILED");
      assert(
        life.error.message.includes(problem.replace("5 instead", "a number instead")),
        life.error.message,
      );
      assert.equal((life.error.cause as { code?: string }).code, "IMPORT_ITEM_INVALID");
    });
  }

  test("an error handler that chooses a dead letter where there is no topic for it", async () => {
    const scene = new ImportScene(1);
    const errors = { onProcessingError: () => "deadLetter" as const };
    const life = await scene.life({ source: () => [5], errors }).run();
    await life.close();
    assert.equal(life.error?.code, "CONFIG_INVALID");
  });
});

suite("pace", () => {
  test("no more is taken than fits, while the brokers do not take it", async () => {
    const scene = new ImportScene(1);
    let taken = 0;
    function* endless() {
      for (;;) yield { value: "x".repeat(10_000), position: ++taken };
    }
    scene.broker.faults.onRequest = ({ api }) =>
      api === "Produce" ? { kind: "delay", requestMs: 3_000, responseMs: 0 } : { kind: "deliver" };
    const life = await scene.life({ source: endless }).start();
    const run = async () => {
      for (let step = 0; step < 250; step++) await scene.clock.advance(5);
      return taken * 10_000;
    };
    const bytes = await run();
    assert(bytes > 1 << 20 && bytes < 20 << 20, `${bytes} bytes were taken`);
    assert.equal(await run(), bytes, "and then no more");
    await life.close();
  });

  test("closing ends the source: its signal, then return()", async () => {
    const scene = new ImportScene(1);
    const said: string[] = [];
    async function* waiting(_position: unknown, { signal }: { signal: AbortSignal }) {
      try {
        yield { value: "one" };
        await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
        said.push("signal");
        yield { value: "too late" };
      } finally {
        said.push("end");
      }
    }
    const life = await scene.life({ source: waiting }).start();
    await life.until(() => scene.values.length === 1);
    await life.close();
    assert.deepEqual(said, ["signal", "end"]);
    assert.deepEqual(scene.values, ["one"]);
  });

  test("a source that hears nothing is left behind", async () => {
    const scene = new ImportScene(1);
    async function* deaf() {
      yield { value: "one" };
      await new Promise(() => {});
    }
    const life = await scene.life({ source: deaf }).start();
    await life.until(() => scene.values.length === 1);
    await life.close();
    assert.equal(life.error, undefined);
  });

  test("at_least_once writes without transactions", async () => {
    const scene = new ImportScene(1);
    const config = { guarantee: "at_least_once", commitIntervalMs: 1_000 } as const;
    const life = await scene.life({ source: (from: number | undefined) => numbers(20, from) }, config).run();
    await life.close();
    assert.deepEqual(scene.values, upTo(20));
    assert.equal(scene.broker.counters.requests.get("EndTxn"), undefined);
    assert.equal(parseNote(scene.committed!.metadata), "20");
  });
});

suite("several processes", () => {
  /** Numbers that come one by one, until told to end. */
  const ticking = (scene: ImportScene, said: string[], name: string) =>
    async function* (position: number | undefined, { signal }: { signal: AbortSignal }) {
      said.push(`${name} from ${position ?? 0}`);
      try {
        for (let number = position ?? 0; !signal.aborted; number++) {
          await new Promise<void>((resolve) => scene.clock.timer(10, resolve));
          yield { key: "k", value: `${number}`, position: number + 1 };
        }
      } finally {
        said.push(`${name} ends`);
      }
    };

  test("a source without positions goes on with what it has in hand, though another fed while it was off the network", async () => {
    const scene = new ImportScene(1);
    const link = scene.broker.link();
    const numbersOf = (name: string) =>
      async function* (_position: undefined, { signal }: { signal: AbortSignal }) {
        for (let number = 0; !signal.aborted; number++) {
          yield { key: name, value: `${name} ${number}` };
          await new Promise<void>((resolve) => scene.clock.timer(20, resolve));
        }
      };
    const config = { transport: memoryTransport(scene.broker, { link }), sessionTimeoutMs: 6_000 };
    const first = await scene.life({ source: numbersOf("first") }, config).start();
    await scene.clock.advance(2_000);
    link.isolate();
    const second = await scene.life({ source: numbersOf("second") }, { sessionTimeoutMs: 6_000 }).start();
    await first.until(() => scene.values.some((value) => value.startsWith("second")));
    await scene.clock.advance(3_000);
    await second.close();
    link.heal();
    const before = scene.values.length;
    await first.until(() => scene.values.length > before + 100);
    await first.close();
    for (const name of ["first", "second"]) {
      const found = scene.values.filter((value) => value.startsWith(name));
      assert.deepEqual(
        found,
        upTo(found.length).map((number) => `${name} ${number}`),
      );
    }
    assert.equal(scene.committed!.offset, BigInt(scene.values.length));
  });

  test("one feeds, and goes on feeding when others come; when it goes, another takes over where it was", async () => {
    const scene = new ImportScene();
    const said: string[] = [];
    const lives = [];
    for (const name of ["a", "b", "c"]) {
      lives.push(await scene.life({ source: ticking(scene, said, name) }).start());
      await scene.clock.advance(4_000);
    }
    assert.deepEqual(said, ["a from 0"]);
    assert.deepEqual(
      lives.map(({ progress }) => progress.state),
      ["feeding", "waiting", "waiting"],
    );
    await lives[0]!.close();
    await scene.clock.advance(4_000);
    const [, ended, begun] = said;
    assert.equal(ended, "a ends");
    assert.match(begun!, /^[bc] from \d{3,}$/);
    await lives[1]!.close();
    await lives[2]!.close();
    const { values } = scene;
    assert(values.length > 1_000);
    assert.deepEqual(values, upTo(values.length), "each number once, in order");
  });
});
