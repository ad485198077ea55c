import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { type Peridot, string, type ValueAndTimestamp } from "../../host/index.ts";
import { EmbeddedScene } from "./embedded-scene.ts";
import { topology as moduleOf, Scene } from "./scene.ts";

const TEXTS = { key: string, value: string };
let scene: EmbeddedScene;

beforeEach(() => {
  scene = new EmbeddedScene({ in: 2, out: 2, rates: 3 });
});
afterEach(() => scene.close());

const priced = (app: Peridot) => {
  const rates = app.globalTable("rates", TEXTS, { store: "rates" });
  app
    .stream("in", TEXTS)
    .leftJoin(
      rates,
      (_key, value) => value,
      (value, rate, key) => `${key}:${value}=${rate}`,
    )
    .to("out", TEXTS);
};
const rate = (partition: number, key: string | null, value: string | null) =>
  scene.broker.append("rates", partition, [{ key, value }]);
const told = () =>
  scene.broker
    .read("out")
    .flat()
    .map(({ value }) => String(value))
    .sort();

test("a global table is there before the first record, whatever partition its rows lie in, and follows its topic", async () => {
  rate(0, "usd", "1");
  rate(1, "eur", "2");
  rate(2, "chf", "3");
  rate(2, "chf", "4");
  rate(1, null, "nobody's");
  for (const [index, value] of ["usd", "eur", "chf", "yen"].entries())
    scene.broker.append("in", index % 2, [{ key: "k", value }]);
  const app = scene.app(priced);
  await scene.run(app, async () => {
    await scene.committed("out", 4);
    assert.deepEqual(told(), ["k:chf=4", "k:eur=2", "k:usd=1", "k:yen=null"]);
    const rates = app.store<string, ValueAndTimestamp<string>>("rates");
    rate(0, "yen", "5");
    rate(0, "usd", null);
    const value = async (key: string) => (await rates.get(key))?.value;
    while ((await value("usd")) !== undefined) await scene.clock.advance(600);
    assert.equal(await value("yen"), "5");
    const all: string[] = [];
    for await (const [key, row] of rates.all()) all.push(`${key}=${row.value}`);
    assert.deepEqual(all, ["chf=4", "eur=2", "yen=5"]);
    for (const value of ["usd", "yen"]) scene.broker.append("in", 0, [{ key: "l", value }]);
    await scene.committed("out", 6);
    assert.deepEqual(told().slice(4), ["l:usd=null", "l:yen=5"]);
  });
  // nothing of it is anywhere but in its topic
  assert.deepEqual(
    [...scene.broker.cluster.topics.keys()].filter((topic) => topic.startsWith("app-")),
    [],
  );
});

test("a topic that is missing is named", async () => {
  const app = scene.app((builder) => {
    builder.globalTable("nowhere", TEXTS, { store: "g" });
    builder.stream("in", TEXTS).to("out");
  });
  await assert.rejects(scene.clock.runFor(app.start()), { code: "TOPIC_MISSING", message: /nowhere/ });
});

test("a row that cannot be read stops the application, which names it", async () => {
  const app = scene.app((builder) => {
    const refusing = {
      ...string,
      deserialize: (bytes: Uint8Array) => {
        if (bytes[0] === 0x21) throw new RangeError("not this one");
        return string.deserialize(bytes);
      },
      format: "custom" as const,
    };
    const rates = builder.globalTable("rates", { key: string, value: refusing }, { store: "rates" });
    builder
      .stream("in", TEXTS)
      .join(
        rates,
        (key) => key,
        (value) => value,
      )
      .to("out", TEXTS);
  });
  await scene.clock.runFor(app.start());
  rate(1, "a", "!");
  await assert.rejects(scene.clock.runFor(app.ended), {
    code: "RECORD_FAILED",
    message: /offset 0 of rates-1 .*not this one/,
  });
});

test("each worker has a copy", async () => {
  const tcp = await Scene.open();
  try {
    tcp.broker.createTopic("rates", { partitions: 2 });
    tcp.broker.append("rates", 0, [{ key: "0", value: "zero" }]);
    tcp.broker.append("rates", 1, [{ key: "1", value: "one" }]);
    tcp.write(["0", "1", "0", "1", "0", "1"]);
    await tcp.started({ threads: 2, topology: moduleOf("global") });
    await tcp.until(() => tcp.broker.read("out").flat().length === 6);
    const values = tcp.broker
      .read("out")
      .flat()
      .map(({ value }) => String(value));
    assert.deepEqual(values.sort(), ["0=zero", "0=zero", "0=zero", "1=one", "1=one", "1=one"]);
  } finally {
    await tcp.close();
  }
});
