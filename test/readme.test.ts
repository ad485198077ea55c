import assert from "node:assert/strict";
import diagnostics from "node:diagnostics_channel";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, suite, test } from "node:test";
import { OPTIONS, type PeridotConfig, resolveConfig } from "../host/config.ts";
import { PeridotError } from "../host/errors.ts";
import * as api from "../host/index.ts";
import { RecordPurge } from "../host/task/record-purge.ts";
import { DEFAULT_TIMEOUTS } from "../host/transport/kafka/cluster.ts";
import { CONNECT_TIMEOUT_MS } from "../host/transport/kafka/tcp-dialer.ts";
import { EmbeddedScene } from "./app/embedded-scene.ts";
import { markdownSnippets, SnippetFolder } from "./snippets.ts";
import { TopologyRun } from "./task/harness.ts";

const root = join(import.meta.dirname, "..");
const readme = readFileSync(join(root, "README.md"), "utf8");
const snippets = markdownSnippets("README.md");

/** What snippets that are no whole program take as given. */
const GLOBALS = `
import type * as api from "peridot-streams";
import type { z as zod } from "zod";
declare global {
  const { json, peridot, string }: typeof api;
  const app: api.Peridot;
  const Client: zod.ZodObject<{ name: zod.ZodString; owner: zod.ZodArray<zod.ZodString> }>;
}
`;

/** The cells of a section's table, by row. */
function table(section: string): readonly (readonly string[])[] {
  const text = readme.split(`\n## ${section}\n`)[1]!.split("\n## ")[0]!;
  const rows = [...text.matchAll(/^\| (.*) \|$/gm)].map(([, row]) => ` ${row} `.split("|"));
  return rows.slice(2).map((cells) => cells.map((cell) => cell.trim()));
}

function names(cell: string): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name!);
}

suite("README", () => {
  const folder = new SnippetFolder();
  after(() => folder.remove());

  test("every snippet type-checks", () => {
    assert.ok(snippets.length >= 6);
    assert.equal(folder.check(snippets, GLOBALS), "");
  });

  const programs = snippets.filter(({ code }) => /new (?:EmbeddedBroker|TopologyTestDriver)\(/.test(code));
  test("has programs for the test driver and the embedded broker", () => assert.equal(programs.length, 2));
  for (const [index, program] of programs.entries()) {
    test(`the program at ${program.at} runs`, () => {
      assert.match(folder.run(`program-${index}.ts`, program), /# pass 1|ℹ pass 1/);
    });
  }

  test("the error that it shows is said so", () => {
    const error = new PeridotError("TOPIC_MISSING", { topics: "adresses" });
    assert.ok(readme.includes(`\n${error.name} ${error.code}: ${error.message}\n`));
  });

  test("links and commands lead somewhere", () => {
    for (const [, target] of readme.matchAll(/\]\(([^):]+)\)/g))
      assert.ok(existsSync(join(root, target!)), target);
    const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { scripts: object };
    for (const [, script] of readme.matchAll(/npm run ([\w:]+)/g))
      assert.ok(Object.hasOwn(scripts, script!), script);
  });

  test("the types of events are exported", () => {
    assert.equal(api.taskBatchChannel.name, "peridot:task:batch");
    assert.equal(api.badRecordsChannel.name, "peridot:task:bad");
    assert.equal(api.recordPurgeChannel.name, "peridot:purge");
    assert.equal(api.restoreChannel.name, "peridot:restore");
  });
});

suite("the table of options", () => {
  const rows = table("Configuration");

  test("has each option, and no others", () => {
    assert.deepEqual(rows.flatMap(([option]) => names(option!)).sort(), [...OPTIONS].sort());
  });

  const base: PeridotConfig = { applicationId: "app", bootstrapServers: "localhost:9092" };
  const defaults: Readonly<Record<string, unknown>> = {
    ...resolveConfig(base),
    connectTimeoutMs: CONNECT_TIMEOUT_MS,
    requestTimeoutMs: DEFAULT_TIMEOUTS.requestMs,
    bootstrapTimeoutMs: DEFAULT_TIMEOUTS.bootstrapMs,
    retryTimeoutMs: DEFAULT_TIMEOUTS.retryMs,
    deliveryTimeoutMs: DEFAULT_TIMEOUTS.deliveryMs,
    metadataMaxAgeMs: DEFAULT_TIMEOUTS.metadataMs,
  };
  /** Said in words. */
  const WORDS = new Set(["applicationId", "bootstrapServers", "stateDir", "errors", "clock"]);

  for (const [cell, said] of rows) {
    const [option] = names(cell!);
    if (WORDS.has(option!)) continue;
    test(`says the default of ${option}`, () => assert.equal(said, written(defaults[option!])));
  }

  test("says that of commitIntervalMs with at_least_once", () => {
    const { commitIntervalMs } = resolveConfig({ ...base, guarantee: "at_least_once" });
    const [, , meaning] = rows.find(([option]) => option === "`commitIntervalMs`")!;
    assert.equal(meaning, `${written(commitIntervalMs)} with \`at_least_once\``);
  });
});

function written(value: unknown): string {
  if (value === undefined || (Array.isArray(value) && value.length === 0)) return "none";
  return typeof value === "number" ? value.toLocaleString("en-US") : `\`${value}\``;
}

/** Of one record of a repartition topic. */
async function purgeOnce(): Promise<void> {
  const clock = new api.VirtualClock();
  const partition = { topic: "app-by-city-repartition", partition: 0 };
  const purge = new RecordPurge({
    ...{ clock, everyMs: 1 },
    committed: async () => [{ ...partition, offset: 1n, metadata: "" }],
    deleteRecords: async () => {},
  });
  purge.start([partition]);
  await clock.advance(1);
  purge.stop();
}

/** A store's records, read by a second life that has none of them. */
async function restoreOnce(): Promise<void> {
  const scene = new EmbeddedScene({ in: 1 });
  const texts = { key: api.string, value: api.string };
  const count = (app: api.Peridot) => app.stream("in", texts).groupByKey().count({ store: "counts" });
  for (const written of [1, 2]) {
    scene.broker.append("in", 0, [{ key: "a", value: "x" }]);
    const app = scene.app((each) => void count(each), { stateBackend: "memory" });
    await scene.run(app, () => scene.committed("app-counts-changelog", written));
  }
  scene.close();
}

test("the table of diagnostics has the channels and the fields of their events", async () => {
  const said = new Map<string, string[]>();
  for (const [channel, field] of table("Diagnostics")) {
    const [name = [...said.keys()].at(-1)!] = names(channel!);
    said.set(name, [...(said.get(name) ?? []), ...names(field!)]);
  }
  const published = new Map<string, Record<string, unknown>>();
  const listen = (event: unknown, name: string | symbol) =>
    published.set(String(name), event as Record<string, unknown>);
  for (const name of said.keys()) diagnostics.subscribe(name, listen);
  const run = new TopologyRun(
    (builder) => builder.stream("in", { key: api.string, value: api.i32 }).to("out"),
    { errors: { onDeserializationError: "continue" } },
  );
  run.add("in", [{ key: "a", value: "not four bytes" }]);
  run.drain();
  await purgeOnce();
  await restoreOnce();
  for (const name of said.keys()) diagnostics.unsubscribe(name, listen);
  for (const [name, fields] of said)
    assert.deepEqual(Object.keys(published.get(name) ?? {}).sort(), fields.sort());
  const [record] = published.get("peridot:task:bad")!.records as object[];
  assert.deepEqual(Object.keys(record!).sort(), ["became", "error", "node", "offset"]);
});
