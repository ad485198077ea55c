import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { ReadableStream } from "node:stream/web";
import { suite, test } from "node:test";
import { PeridotError } from "../../host/errors.ts";
import { ExportIterator } from "../../host/import-export/export-iterator.ts";
import { i32, json, string } from "../../host/serdes/index.ts";
import type { Exported, ExportedRecord, ExportOptions } from "../../host/topology/exported.ts";
import type { PlainRecord } from "../../host/transport/memory/plain-records.ts";
import { encodeRecords } from "../../host/transport/memory/plain-records.ts";
import { ImportScene, TOPIC } from "./import-scene.ts";

const TEXTS: Exported<string, string> = { name: "texts", topic: TOPIC, key: string, value: string };
const GROUP = "app-export-texts";

function reading<K, V>(
  scene: ImportScene,
  exported: Exported<K, V>,
  options: ExportOptions = {},
  started: Promise<void> = Promise.resolve(),
): ExportIterator<K, V> & { closed: boolean } {
  const config = scene.config({ instanceId: "static" });
  const iterator = new ExportIterator({
    config,
    exported,
    topic: TOPIC,
    options,
    openTransport: () => config.transport!({ clientId: "export", clock: scene.clock }),
    started,
    onClosed: () => {
      closing.closed = true;
    },
  });
  const closing = Object.assign(iterator, { closed: false });
  return closing;
}

const texts = (...values: string[]): PlainRecord[] => values.map((value) => ({ key: value[0]!, value }));

/** The next so many values. */
async function take<K, V>(
  scene: ImportScene,
  iterator: AsyncIterator<ExportedRecord<K, V>>,
  count: number,
): Promise<ExportedRecord<K, V>[]> {
  const records: ExportedRecord<K, V>[] = [];
  while (records.length < count) {
    const { done, value } = await scene.clock.runFor(iterator.next());
    assert(!done);
    records.push(value);
  }
  return records;
}

const valuesOf = (records: readonly ExportedRecord<unknown, unknown>[]) => records.map(({ value }) => value);
const committed = (scene: ImportScene, partition = 0) =>
  scene.broker.committedOffsets(GROUP).get(`${TOPIC}-${partition}`)?.offset;

test("a record comes with all that Kafka knows of it", async () => {
  const scene = new ImportScene();
  const exported: Exported<number, { city: string }> = {
    name: "texts",
    key: i32,
    value: json<{ city: string }>(),
  };
  scene.broker.append(TOPIC, 1, [{ key: null, value: null, timestamp: 1 }]);
  const headers = [{ key: "h", value: "text" }];
  scene.broker.append(TOPIC, 1, [
    { key: Buffer.of(0, 0, 1, 0), value: '{"city":"Perth"}', timestamp: 1234, headers },
  ]);
  const iterator = reading(scene, exported);
  const [tombstone, record] = await take(scene, iterator, 2);
  assert.deepEqual(record, {
    topic: TOPIC,
    partition: 1,
    offset: 1n,
    timestamp: 1234,
    key: 256,
    value: { city: "Perth" },
    headers: [{ key: "h", value: Buffer.from("text") }],
  });
  assert.equal(tombstone!.key, null);
  assert.equal(tombstone!.value, null);
  await scene.clock.runFor(iterator.return());
});

test("only what is committed is there", async () => {
  const scene = new ImportScene(1);
  const producer = { producerId: 77n, epoch: 0, transactional: true };
  const write = (sequence: number, ...values: string[]) =>
    scene.broker.appendBatches(
      TOPIC,
      0,
      encodeRecords(texts(...values), scene.clock.now(), { ...producer, sequence }),
    );
  const end = (isCommitted: boolean) =>
    scene.broker.cluster
      .partition(TOPIC, 0)
      ?.appendMarker(
        { producerId: 77n, producerEpoch: 0, coordinatorEpoch: 0, committed: isCommitted },
        scene.clock.now(),
      );
  write(0, "a1", "a2");
  end(false);
  write(2, "b1", "b2");
  const iterator = reading(scene, TEXTS);
  const next = iterator.next();
  await scene.clock.advance(20_000);
  end(true);
  const { value } = await scene.clock.runFor(next);
  assert.equal(value?.value, "b1");
  assert.equal(value.offset, 3n);
  await scene.clock.runFor(iterator.return());
});

suite("positions", () => {
  test("are committed once the next record is asked for, and the next reading begins behind them", async () => {
    const scene = new ImportScene(1);
    scene.broker.append(TOPIC, 0, texts("a", "b", "c", "d", "e"));
    const first = reading(scene, TEXTS);
    assert.deepEqual(valuesOf(await take(scene, first, 3)), ["a", "b", "c"]);
    await scene.clock.advance(1_000);
    assert.equal(committed(scene), 2n, "c is still in hand");
    await scene.clock.runFor(first.return());
    assert.equal(committed(scene), 2n);
    assert(first.closed);
    const second = reading(scene, TEXTS);
    assert.deepEqual(valuesOf(await take(scene, second, 3)), ["c", "d", "e"]);
    const pending = second.next();
    await scene.clock.advance(1_000);
    assert.equal(committed(scene), 5n);
    await scene.clock.runFor(second.return());
    assert.deepEqual(await pending, { done: true, value: undefined });
  });

  test("break leaves the group and closes; a second return does nothing", async () => {
    const scene = new ImportScene(1);
    scene.broker.append(TOPIC, 0, texts("a", "b", "c"));
    const iterator = reading(scene, TEXTS);
    const seen: string[] = [];
    const loop = async () => {
      for await (const { value } of iterator) {
        seen.push(value!);
        if (value === "b") break;
      }
    };
    await scene.clock.runFor(loop());
    assert.deepEqual(seen, ["a", "b"]);
    assert.equal(committed(scene), 1n);
    assert.equal(scene.broker.cluster.groups.get(GROUP)?.members.size, 0);
    assert.deepEqual(await iterator.next(), { done: true, value: undefined });
    await iterator.return();
  });

  test("from: the reader keeps them", async () => {
    const scene = new ImportScene(2);
    scene.broker.append(TOPIC, 0, texts("a0", "a1", "a2"));
    scene.broker.append(TOPIC, 1, texts("b0", "b1"));
    const iterator = reading(scene, TEXTS, { from: new Map([[0, 2n]]) });
    const found = valuesOf(await take(scene, iterator, 3));
    assert.deepEqual(found.sort(), ["a2", "b0", "b1"]);
    await scene.clock.runFor(iterator.return());
    assert.equal(committed(scene), undefined);
    assert.equal(scene.broker.counters.requests.get("JoinGroup"), undefined);
  });

  test("two readings share the partitions; one that ends leaves its own to the other", async () => {
    const scene = new ImportScene(2);
    const first = reading(scene, TEXTS);
    const second = reading(scene, TEXTS);
    const said: string[] = [];
    const loop = async (name: string, iterator: AsyncIterable<ExportedRecord<string, string>>) => {
      for await (const { value } of iterator) said.push(`${name} ${value}`);
    };
    const loops = [loop("first", first), loop("second", second)];
    await scene.clock.advance(10_000);
    scene.broker.append(TOPIC, 0, texts("a"));
    scene.broker.append(TOPIC, 1, texts("b"));
    await scene.clock.runUntil(() => said.length === 2);
    assert.equal(new Set(said.map((each) => each.split(" ")[0])).size, 2, said.join(", "));
    await scene.clock.runFor(first.return());
    scene.broker.append(TOPIC, 0, texts("c"));
    scene.broker.append(TOPIC, 1, texts("d"));
    await scene.clock.runUntil(() => said.length === 4);
    assert.deepEqual(said.slice(2).sort(), ["second c", "second d"]);
    await scene.clock.runFor(second.return());
    await Promise.all(loops);
  });
});

suite("pace", () => {
  test("nothing is fetched before it is asked for, and no more than fits", async () => {
    const scene = new ImportScene(1);
    const batch = texts(...Array.from({ length: 100 }, () => "x".repeat(5_000)));
    for (let count = 0; count < 40; count++) scene.broker.append(TOPIC, 0, batch);
    const iterator = reading(scene, TEXTS);
    await scene.clock.advance(10_000);
    assert.equal(scene.broker.counters.requests.get("Fetch"), undefined);
    await take(scene, iterator, 1);
    await scene.clock.advance(10_000);
    const fetches = scene.broker.counters.requests.get("Fetch")!;
    assert(fetches <= 4, `${fetches} fetches of a MiB at most`);
    assert.equal((await take(scene, iterator, 3_999)).length, 3_999);
    await scene.clock.runFor(iterator.return());
  });
});

suite("other shapes", () => {
  test("a Node Readable", async () => {
    const scene = new ImportScene(1);
    scene.broker.append(TOPIC, 0, texts("a", "b"));
    const iterator = reading(scene, TEXTS);
    const stream = Readable.from(iterator);
    const seen: unknown[] = [];
    stream.on("data", ({ value }) => seen.push(value));
    await scene.clock.runUntil(() => seen.length === 2);
    stream.destroy();
    await scene.clock.runUntil(() => iterator.closed);
  });

  test("a Web ReadableStream", async () => {
    const scene = new ImportScene(1);
    scene.broker.append(TOPIC, 0, texts("a", "b"));
    const iterator = reading(scene, TEXTS);
    const reader = ReadableStream.from(iterator).getReader();
    for (const expected of ["a", "b"]) {
      const { value } = await scene.clock.runFor(reader.read());
      assert.equal(value?.value, expected);
    }
    const cancelled = reader.cancel();
    await scene.clock.runFor(cancelled);
    assert(iterator.closed);
  });

  test("several asked for at once come in order", async () => {
    const scene = new ImportScene(1);
    scene.broker.append(TOPIC, 0, texts("a", "b", "c"));
    const iterator = reading(scene, TEXTS);
    const all = Promise.all([iterator.next(), iterator.next(), iterator.next()]);
    const found = await scene.clock.runFor(all);
    assert.deepEqual(
      found.map(({ value }) => value?.value),
      ["a", "b", "c"],
    );
    await scene.clock.runFor(iterator.return());
  });
});

suite("what goes wrong", () => {
  test("a record that the serdes refuse", async () => {
    const scene = new ImportScene(1);
    scene.broker.append(TOPIC, 0, texts("a"));
    scene.broker.append(TOPIC, 0, [{ key: "b", value: Buffer.of(1) }]);
    const iterator = reading(scene, { ...TEXTS, value: json<number>() }, { from: new Map([[0, 1n]]) });
    await assert.rejects(scene.clock.runFor(iterator.next()), (error: PeridotError) => {
      assert.equal(error.code, "EXPORT_RECORD_INVALID");
      assert.match(error.message, /export texts: the record at offset 1 of items-0 cannot be read: /);
      return true;
    });
    assert(iterator.closed);
    assert.deepEqual(await iterator.next(), { done: true, value: undefined });
  });

  for (const [offset, why] of [
    [1n, "was deleted"],
    [9n, "is not there yet"],
  ] as const) {
    test(`a position that ${why}`, async () => {
      const scene = new ImportScene(1);
      scene.broker.append(TOPIC, 0, texts("a", "b", "c"));
      const config = scene.config();
      const transport = config.transport!({ clientId: "deleting", clock: scene.clock });
      await scene.clock.runFor(transport.admin.deleteRecords([{ topic: TOPIC, partition: 0, before: 2n }]));
      await transport.close();
      const iterator = reading(scene, TEXTS, { from: new Map([[0, offset]]) });
      await assert.rejects(scene.clock.runFor(iterator.next()), {
        code: "EXPORT_POSITION_GONE",
        message: new RegExp(`export texts is to be read from offset ${offset} of items-0, `),
      });
      const whole = reading(scene, TEXTS, { from: new Map() });
      assert.deepEqual(
        valuesOf(await take(scene, whole, 1)),
        ["c"],
        "without a position: from what is there",
      );
      await scene.clock.runFor(whole.return());
    });
  }

  for (const from of [undefined, new Map<number, bigint>()]) {
    test(`a topic that is not there, ${from === undefined ? "as a member" : "with positions"}`, async () => {
      const scene = new ImportScene(1);
      scene.broker.cluster.deleteTopic(scene.broker.cluster.topics.get(TOPIC)!);
      const iterator = reading(scene, TEXTS, { from });
      await assert.rejects(scene.clock.runFor(iterator.next()), { code: "TOPIC_MISSING" });
      assert(iterator.closed);
    });
  }

  test("the application fails: the reading fails with the same error", async () => {
    const scene = new ImportScene(1);
    scene.broker.append(TOPIC, 0, texts("a"));
    const iterator = reading(scene, TEXTS);
    await take(scene, iterator, 1);
    const next = iterator.next();
    const failure = new PeridotError("TOPIC_MISSING", { topics: "other" });
    await scene.clock.runFor(iterator.end(failure));
    await assert.rejects(scene.clock.runFor(next), failure);
    assert.deepEqual(await iterator.next(), { done: true, value: undefined });
  });

  test("closed before the application runs", async () => {
    const scene = new ImportScene(1);
    const iterator = reading(scene, TEXTS, {}, new Promise(() => {}));
    const next = iterator.next();
    await iterator.return();
    assert.deepEqual(await next, { done: true, value: undefined });
  });
});
