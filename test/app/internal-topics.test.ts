import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import type { Peridot } from "../../host/app.ts";
import { type RecordPurgeEvent, recordPurgeChannel } from "../../host/diagnostics/channels.ts";
import type { PeridotError } from "../../host/errors.ts";
import { string } from "../../host/serdes/index.ts";
import { codeOf } from "../../host/transport/kafka/protocol/error-codes.ts";
import { EmbeddedScene } from "./embedded-scene.ts";
import { Scene, topology, until } from "./scene.ts";

const text = { key: string, value: string };
const TOPIC = "app-by-word-repartition";
const PURGE_MS = 30_000;
const REFUSED = codeOf("TOPIC_AUTHORIZATION_FAILED");

let scene: EmbeddedScene;
afterEach(() => scene.close());

function byWord(app: Peridot): void {
  app
    .stream("words", text)
    .selectKey((_key, word) => word)
    .repartition({ name: "by-word", key: string })
    .to("out");
}

/** The same with a number of partitions of its own. */
function byWordIn(partitions: number): (app: Peridot) => void {
  return (app) => app.stream("words", text).repartition({ name: "by-word", partitions }).to("out");
}

/** Several records a partition, so that each partition of the repartition topic gets some. */
function append(count: number): void {
  for (const partition of [0, 1, 2]) {
    const words = Array.from({ length: count }, (_, index) => ({ key: null, value: `word-${index}` }));
    scene.broker.append("words", partition, words);
  }
}

/** Log start and end of each partition of the repartition topic. */
function logs(): (readonly [number, number])[] {
  const { partitions } = scene.broker.cluster.topics.get(TOPIC)!;
  return partitions.map(({ log }) => [log.startOffset, log.endOffset]);
}

test("a repartition topic is made as Kafka Streams makes it", async () => {
  scene = new EmbeddedScene({ words: 3, out: 1 });
  await scene.run(scene.app(byWord));
  const topic = scene.broker.cluster.topics.get(TOPIC);
  assert.equal(topic?.partitions.length, 3);
  assert.deepEqual(Object.fromEntries(topic.configs), {
    "cleanup.policy": "delete",
    "segment.bytes": "52428800",
    "retention.ms": "-1",
    "message.timestamp.type": "CreateTime",
  });
});

test("brokers that hear late of a new topic are waited for", async () => {
  scene = new EmbeddedScene({}, { brokers: 3, metadataDelayMs: 2_000 });
  for (const topic of ["words", "out"]) scene.broker.createTopic(topic, { partitions: 3 });
  await scene.clock.advance(2_000);
  await scene.run(scene.app(byWord));
  assert.equal(scene.partitionsOf(TOPIC), 3);
});

test("instances that start at once make it together, and share its tasks", async () => {
  scene = new EmbeddedScene({ words: 3, out: 1 });
  const apps = [1, 2, 3].map(() => scene.app(byWord));
  await scene.clock.runFor(Promise.all(apps.map((app) => app.start())));
  await scene.clock.runUntil(() => apps.every((app) => app.tasks.length === 2));
  append(20);
  await scene.committed("out", 60);
  await scene.clock.runFor(Promise.all(apps.map((app) => app.close())));
});

test("an application that starts again takes its topics as they are", async () => {
  scene = new EmbeddedScene({ words: 3, out: 1 });
  append(10);
  await scene.run(scene.app(byWord), () => scene.committed("out", 30));
  const id = scene.broker.cluster.topics.get(TOPIC)?.id;
  append(10);
  await scene.run(scene.app(byWord), () => scene.committed("out", 60));
  assert.equal(scene.broker.cluster.topics.get(TOPIC)?.id, id);
});

for (const [build, says] of [
  [byWord, "the topics that feed it call for 3"],
  [byWordIn(2), "the topology asks for 2"],
] as const) {
  test(`a repartition topic with 4 partitions is refused if ${says}`, async () => {
    scene = new EmbeddedScene({ words: 3, out: 1, [TOPIC]: 4 });
    await assert.rejects(scene.run(scene.app(build)), {
      code: "INTERNAL_TOPIC_DIFFERS",
      message: new RegExp(
        `^the internal topic ${TOPIC} has 4 partitions, and ${says}\\. Give its repartition partitions: 4 `,
      ),
    });
    assert.equal(scene.partitionsOf(TOPIC), 4);
    await scene.run(scene.app(byWordIn(4))); // the remedy
  });
}

test("a pattern feeds a repartition topic with the partitions of the topics that match", async () => {
  scene = new EmbeddedScene({ "words-a": 2, "words-b": 5, out: 1 });
  const build = (app: Peridot) =>
    app
      .stream(/words-./, text)
      .repartition({ name: "by-word" })
      .to("out");
  await scene.run(scene.app(build));
  assert.equal(scene.partitionsOf(TOPIC), 5);
});

test("a pattern that matches no topic cannot feed one, unless partitions are given", async () => {
  scene = new EmbeddedScene({ out: 1 });
  const build = (partitions?: number) => (app: Peridot) =>
    app
      .stream(/words-./, text)
      .repartition({ name: "by-word", ...(partitions === undefined ? {} : { partitions }) })
      .to("out");
  await assert.rejects(scene.run(scene.app(build())), {
    code: "TOPIC_MISSING",
    message: /^the cluster has no topic that matches \/words-\.\/\. Create it/,
  });
  await scene.run(scene.app(build(2)));
  assert.equal(scene.partitionsOf(TOPIC), 2);
});

test("merged sources may differ in their partitions, as in Kafka Streams", async () => {
  scene = new EmbeddedScene({ a: 1, b: 3, out: 1 });
  const build = (app: Peridot) =>
    app.stream("a", text).merge(app.stream("b", text)).repartition({ name: "by-word" }).to("out");
  const app = scene.app(build);
  await scene.run(app, async () => {
    assert.deepEqual([...app.tasks].sort(), ["0_0", "0_1", "0_2", "1_0", "1_1", "1_2"]);
    scene.broker.append("a", 0, [{ key: "k", value: "a" }]);
    scene.broker.append("b", 2, [{ key: "k", value: "b" }]);
    await scene.committed("out", 2);
    assert.deepEqual(scene.read("out").flat().sort(), ["k=a", "k=b"]);
  });
});

for (const guarantee of ["exactly_once_v2", "at_least_once"] as const) {
  test(`what is consumed of a repartition topic is deleted each 30 s, ${guarantee}`, async () => {
    scene = new EmbeddedScene({ words: 3, out: 1 });
    const app = scene.app(byWord, { guarantee, commitIntervalMs: 100 });
    await scene.run(app, async () => {
      append(50);
      await scene.committed("out", 150);
      assert.deepEqual(
        logs().map(([start]) => start),
        [0, 0, 0],
      );
      await scene.clock.advance(PURGE_MS + 1_000);
      for (const [start, end] of logs()) assert.ok(start > 0 && start <= end, `${start} of ${end}`);
      assert.equal(scene.broker.read(TOPIC).flat().length, 0);
      append(50);
      await scene.committed("out", 300);
      assert.equal(scene.broker.read(TOPIC).flat().length, 150);
      await scene.clock.advance(PURGE_MS + 1_000);
      assert.equal(scene.broker.read(TOPIC).flat().length, 0);
      assert.equal(scene.broker.read("words").flat().length, 300, "topics of others are left alone");
    });
  });
}

test("what is not consumed yet stays, and is processed after a restart", async () => {
  scene = new EmbeddedScene({ words: 1, out: 1 });
  let fails = true;
  const build = (app: Peridot) =>
    app
      .stream("words", text)
      .repartition({ name: "by-word" })
      .peek((_key, word) => {
        if (fails && word === "poison") throw new Error("not today");
      })
      .to("out");
  scene.broker.append("words", 0, [{ key: "k", value: "a" }]);
  const app = scene.app(build);
  await scene.clock.runFor(app.start());
  await scene.committed("out", 1);
  await scene.clock.advance(PURGE_MS + 1_000);
  assert.equal(scene.broker.read(TOPIC).flat().length, 0);
  scene.broker.append("words", 0, [{ key: "k", value: "poison" }]);
  await assert.rejects(scene.clock.runFor(app.ended), { code: "RECORD_FAILED" });
  assert.deepEqual(scene.read(TOPIC).flat(), ["k=poison"]);
  fails = false;
  await scene.run(scene.app(build), () => scene.committed("out", 2));
  assert.deepEqual(scene.read("out").flat(), ["k=a", "k=poison"]);
});

for (const offsetReset of ["latest", "none"] as const) {
  test(`a repartition topic is read from its beginning, whatever the offset reset policy: ${offsetReset}`, async () => {
    scene = new EmbeddedScene({ words: 1, out: 1 });
    let fails = true;
    const build = (app: Peridot) =>
      app
        .stream("words", text)
        .repartition({ name: "by-word" })
        .peek(() => {
          if (fails) throw new Error("not today");
        })
        .to("out");
    scene.broker.append("words", 0, [{ key: "k", value: "a" }]);
    const first = scene.app(build);
    await scene.clock.runFor(first.start());
    await assert.rejects(scene.clock.runFor(first.ended), { code: "RECORD_FAILED" });
    assert.deepEqual(scene.read(TOPIC).flat(), ["k=a"]);
    assert.deepEqual([...scene.broker.committedOffsets("app").keys()], ["words-0"]);
    fails = false;
    await scene.run(scene.app(build, { offsetReset }), () => scene.committed("out", 1));
    assert.deepEqual(scene.read("out").flat(), ["k=a"]);
  });
}

test("a purge that the brokers refuse is told on its channel, and costs nothing else", async () => {
  scene = new EmbeddedScene({ words: 3, out: 1 });
  const events: RecordPurgeEvent[] = [];
  const hear = (event: unknown) => events.push(event as RecordPurgeEvent);
  recordPurgeChannel.subscribe(hear);
  scene.broker.faults.onRequest = ({ api }) =>
    api === "DeleteRecords" ? { kind: "answer", code: REFUSED, carriedOut: false } : { kind: "deliver" };
  const app = scene.app(byWord);
  await scene.run(app, async () => {
    append(10);
    await scene.committed("out", 30);
    await scene.clock.advance(2 * PURGE_MS);
    assert.equal(app.state, "running");
    append(10);
    await scene.committed("out", 60);
  });
  recordPurgeChannel.unsubscribe(hear);
  assert.ok(events.length > 0);
  for (const { partitions, error } of events) {
    assert.deepEqual(partitions, []);
    assert.equal((error as PeridotError).code, "ACCESS_DENIED");
  }
});

test("with workers: the main thread makes the topic and purges it, and records keep their order by key", async () => {
  const tcp = await Scene.open();
  try {
    const settings = { topology: topology("repartitioned"), repartitionPurgeIntervalMs: 100 };
    const apps = [
      await tcp.started({ threads: 2, ...settings }),
      await tcp.started({ threads: 1, ...settings }),
    ];
    tcp.writeCount(2_000);
    await tcp.copied();
    tcp.assertExact();
    assert.equal(apps.flatMap((app) => app.tasks).length, 10);
    const own = tcp.broker.cluster.topics.get("app-copies-repartition")!;
    assert.equal(own.partitions.length, 4);
    await until(() => tcp.broker.read(own.name).flat().length === 0);
  } finally {
    await tcp.close();
  }
});
