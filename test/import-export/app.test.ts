import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, suite, test } from "node:test";
import { type Peridot, peridot } from "../../host/app.ts";
import type { PeridotConfig } from "../../host/config.ts";
import { json, string } from "../../host/serdes/index.ts";
import { TopologyTestDriver } from "../../host/testing/topology-test-driver.ts";
import { err } from "../../host/topology/result.ts";
import { EmbeddedBroker } from "../../host/transport/memory/embedded-broker.ts";
import { memoryTransport } from "../../host/transport/memory/memory-transport.ts";
import { VirtualClock } from "../../host/transport/memory/virtual-clock.ts";
import { SeededRandom } from "../sim/seeded-random.ts";

const directory = mkdtempSync(join(tmpdir(), "peridot-import-"));
after(() => rmSync(directory, { recursive: true, force: true }));
let lives = 0;

/** An application on an embedded broker and a virtual clock. */
function scene(changes: Partial<PeridotConfig> = {}) {
  const clock = new VirtualClock();
  const broker = new EmbeddedBroker({ clock, random: new SeededRandom(3).next });
  const makeApp = (more: Partial<PeridotConfig> = {}) =>
    peridot({
      applicationId: "app",
      transport: memoryTransport(broker),
      clock,
      stateDir: join(directory, `${lives++}`),
      ...changes,
      ...more,
    });
  return { clock, broker, makeApp };
}

async function* numbers(from = 0, to = 10) {
  for (let number = from; number < to; number++)
    yield { key: `${number}`, value: number, position: number + 1 };
}

/** Imports numbers, keeps the even ones, exports them. */
function evens(app: Peridot, to = 10) {
  return app
    .import("numbers", {
      source: (from: number | undefined) => numbers(from, to),
      key: string,
      value: json<number>(),
      partitions: 3,
    })
    .filter((_key, number) => number % 2 === 0)
    .export("evens");
}

test("what an iterable gives comes out of another; the topics between are made, and are the application's own", async () => {
  const { clock, broker, makeApp } = scene();
  const app = makeApp();
  const even = evens(app);
  const found: (number | null)[] = [];
  const reading = (async () => {
    for await (const { value } of app.exported(even)) {
      found.push(value);
      if (found.length === 5) break;
    }
  })();
  await clock.runFor(app.start());
  await clock.runFor(reading);
  assert.deepEqual(
    found.sort((a, b) => Number(a) - Number(b)),
    [0, 2, 4, 6, 8],
  );
  assert.deepEqual(app.imports.get("numbers"), { state: "ended", items: 10 });
  await clock.runFor(app.close());
  assert.equal(app.state, "closed");
  const topics = broker.cluster.topics;
  assert.equal(topics.get("app-numbers-import")?.partitions.length, 3);
  assert.equal(topics.get("app-evens-export")?.partitions.length, 1);
  assert.equal(
    await app.describe(),
    `Topologies:
   Sub-topology: 0
    Source: numbers-import (topics: [numbers-import])
      --> KSTREAM-FILTER-0000000001
    Processor: KSTREAM-FILTER-0000000001 (stores: [])
      --> evens-export
      <-- numbers-import
    Sink: evens-export (topic: evens-export)
      <-- KSTREAM-FILTER-0000000001

`,
  );
});

test("what is consumed of topics between is deleted; what is exported stays", async () => {
  const { clock, broker, makeApp } = scene();
  const app = makeApp();
  broker.createTopic("in");
  broker.append("in", 0, [{ key: "a", value: "1" }]);
  app.stream("in", { key: string, value: string }).repartition({ name: "again" }).export("all");
  evens(app);
  const kept = (topic: string) => broker.read(topic).flat().length;
  await clock.runFor(app.start());
  await clock.runUntil(() => kept("app-evens-export") === 5 && kept("app-all-export") === 1);
  assert.equal(kept("app-numbers-import"), 10);
  await clock.advance(31_000);
  assert.deepEqual([kept("app-numbers-import"), kept("app-again-repartition")], [0, 0]);
  assert.deepEqual([kept("app-evens-export"), kept("app-all-export"), kept("in")], [5, 1, 1]);
  const requests = broker.counters.requests.get("DeleteRecords");
  await clock.advance(100_000);
  assert.equal(broker.counters.requests.get("DeleteRecords"), requests, "nothing was consumed since");
  await clock.runFor(app.close());
});

test("topics that may not be deleted from stay as they are, and the application goes on", async () => {
  const { clock, broker, makeApp } = scene();
  const app = makeApp();
  evens(app);
  await clock.runFor(app.start());
  broker.faults.onRequest = ({ api }) =>
    api === "DeleteRecords" ? { kind: "answer", code: 29, carriedOut: false } : { kind: "deliver" };
  await clock.advance(100_000);
  assert.equal(broker.read("app-numbers-import").flat().length, 10);
  assert.equal(app.state, "running");
  await clock.runFor(app.close());
});

test("a second life goes on with both: the import behind its position, the export behind what was taken", async () => {
  const { clock, makeApp } = scene();
  const found: (number | null)[] = [];
  for (const to of [10, 20]) {
    const app = makeApp();
    const iterator = app.exported(evens(app, to));
    const read = async (count: number) => {
      for (let index = 0; index < count; index++) found.push((await iterator.next()).value!.value);
    };
    const wanted = to === 10 ? 4 : 7; // the fourth was in hand when the first life ended
    await clock.runFor(app.start());
    await clock.runFor(read(wanted));
    await clock.runFor(app.close());
    assert.deepEqual(await clock.runFor(iterator.next()), { done: true, value: undefined });
  }
  const first = found.slice(0, 4);
  const second = found.slice(4);
  assert.equal(second[0], first[3], "not dealt with, so given again");
  assert.deepEqual(
    [...first.slice(0, 3), ...second].sort((a, b) => Number(a) - Number(b)),
    [0, 2, 4, 6, 8, 10, 12, 14, 16, 18],
  );
});

test("a pattern does not mean what the application exports", async () => {
  const { clock, broker, makeApp } = scene();
  broker.createTopic("in");
  broker.append("in", 0, [{ key: "a", value: "1" }]);
  const app = makeApp();
  app.stream(/.*/, { key: string, value: string }).export("all");
  await clock.runFor(app.start());
  await clock.advance(700_000); // the leader looks for new topics twice
  assert.equal(broker.read("app-all-export").flat().length, 1);
  await clock.runFor(app.close());
});

test("the test driver pipes into an import's topic, and reads an export's; no source is opened", () => {
  const app = scene().makeApp();
  evens(app);
  const driver = new TopologyTestDriver(app);
  const numbersIn = driver.input("app-numbers-import", { key: string, value: json<number>() });
  const evensOut = driver.output("app-evens-export", { key: string, value: json<number>() });
  for (const number of [1, 2, 3, 4]) numbersIn.pipe(`${number}`, number);
  assert.deepEqual(evensOut.readKeyValues(), [
    ["2", 2],
    ["4", 4],
  ]);
});

suite("topics of one's own", () => {
  test("an import and an export of topics that exist", async () => {
    const { clock, broker, makeApp } = scene();
    broker.createTopic("in", { partitions: 2 });
    broker.createTopic("out", { partitions: 2 });
    const app = makeApp();
    const out = app
      .import("n", { source: () => numbers(), topic: "in", key: string, value: json<number>() })
      .export("out", { topic: "out" });
    await clock.runFor(app.start());
    await clock.runUntil(() => broker.read("out").flat().length === 10);
    const { value } = await clock.runFor(app.exported({ ...out, name: "again" }).next());
    assert.equal(value?.topic, "out");
    await clock.runFor(app.close());
  });

  test("one that is missing", async () => {
    const { clock, makeApp } = scene();
    const app = makeApp();
    app.import("n", { source: () => [{ value: "x" }], topic: "in", key: string, value: string });
    await assert.rejects(clock.runFor(app.start()), { code: "TOPIC_MISSING" });
  });
});

suite("what goes wrong", () => {
  test("an import that fails ends the application, and the reading of its exports with the same error", async () => {
    const { clock, makeApp } = scene();
    const app = makeApp();
    async function* failing() {
      yield* numbers(0, 4);
      throw new RangeError("the line is cut");
    }
    const all = app.import("n", { source: failing, key: string, value: json<number>() }).export("all");
    const found: (number | null)[] = [];
    const reading = (async () => {
      for await (const { value } of app.exported(all)) found.push(value);
    })();
    const failed = assert.rejects(reading, { code: "IMPORT_SOURCE_FAILED" });
    await assert.rejects(clock.runFor(app.run()), {
      code: "IMPORT_SOURCE_FAILED",
      message: /import n failed at item 4: the line is cut/,
    });
    assert.equal(app.state, "failed");
    await failed;
  });

  test("record may refuse by value", async () => {
    const { clock, makeApp, broker } = scene({
      errors: { onProcessingError: "deadLetter", deadLetterTopic: "dead" },
    });
    broker.createTopic("dead");
    const app = makeApp();
    const record = (item: number) => (item === 2 ? err("two is not wanted") : { value: item });
    app.import("n", { source: () => [1, 2, 3], record, key: string, value: json<number>() }).export("all");
    await clock.runFor(app.start());
    await clock.runUntil(() => broker.read("app-all-export").flat().length === 2);
    const [letter] = broker.read("dead").flat();
    const message = letter?.headers.find(({ key }) => key === "__streams.errors.message");
    assert.equal(String(message?.value), "two is not wanted");
    assert.equal(String(letter?.value), "2");
    await clock.runFor(app.close());
  });

  test("names and options that make no sense", () => {
    const { makeApp } = scene();
    const app = makeApp();
    const options = { source: () => [{ value: "x" }], key: string, value: string };
    const stream = app.import("taken", options);
    stream.export("taken");
    const refused: readonly (readonly [RegExp, () => unknown])[] = [
      [/an import named ""/, () => app.import("", options)],
      [/an import named "a b"/, () => app.import("a b", options)],
      [/two nodes are named "taken-import"/, () => app.import("taken", options)],
      [/the import x has 0 partitions/, () => app.import("x", { ...options, partitions: 0 })],
      [/says how many partitions/, () => app.import("x", { ...options, partitions: 2, topic: "t" })],
      [/a topic without a name/, () => app.import("x", { ...options, topic: "" })],
      [/an export named "ä"/, () => stream.export("ä")],
      [/two nodes are named "taken-export"/, () => stream.export("taken")],
      [/the export x has 1.5 partitions/, () => stream.export("x", { partitions: 1.5 })],
      [/an export without a name/, () => app.exported({ name: "", key: string, value: string })],
      [
        /positions that are no Map/,
        () => app.exported({ name: "x", key: string, value: string }, { from: {} as never }),
      ],
    ];
    for (const [message, call] of refused) assert.throws(call, { code: "TOPOLOGY_INVALID", message });
  });
});

suite("when an export is read", () => {
  const EVENS = { name: "evens", key: string, value: json<number>() };

  test("before the start: it waits; an application that is closed before ends it", async () => {
    const { makeApp } = scene();
    const app = makeApp();
    const next = app.exported(EVENS).next();
    await app.close();
    assert.deepEqual(await next, { done: true, value: undefined });
  });

  test("after the end: it is over", async () => {
    const { clock, makeApp } = scene();
    const app = makeApp();
    evens(app);
    await clock.runFor(app.start());
    await clock.runFor(app.close());
    assert.deepEqual(await app.exported(EVENS).next(), { done: true, value: undefined });
  });

  test("closing from within the loop ends it", async () => {
    const { clock, makeApp } = scene();
    const app = makeApp();
    const even = evens(app);
    let count = 0;
    const reading = (async () => {
      for await (const _ of app.exported(even)) if (++count === 2) await app.close();
    })();
    await clock.runFor(app.start());
    await clock.runFor(reading);
    assert.equal(count, 2);
    assert.equal(app.state, "closed");
  });

  test("one that the topology does not have", async () => {
    const { clock, makeApp } = scene();
    const app = makeApp();
    evens(app);
    const next = app.exported({ ...EVENS, name: "odds" }).next();
    next.catch(() => {});
    await clock.runFor(app.start());
    await assert.rejects(clock.runFor(next), { code: "TOPIC_MISSING", message: /app-odds-export/ });
    await clock.runFor(app.close());
  });
});
