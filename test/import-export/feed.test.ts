import assert from "node:assert/strict";
import { test } from "node:test";
import { tagText } from "../../host/commit/transaction-tag.ts";
import { ItemEncoder } from "../../host/import-export/encode-item.ts";
import { Feed } from "../../host/import-export/feed.ts";
import { string } from "../../host/serdes/index.ts";
import { DEFAULT_ERROR_SETTINGS, type ErrorSettings } from "../../host/topology/error-settings.ts";
import type { Import } from "../../host/topology/imported.ts";
import { VirtualClock } from "../../host/transport/memory/virtual-clock.ts";
import { numbers, TOPIC } from "./import-scene.ts";

const MINE = { topic: TOPIC, partition: 0 };

function feedOf(
  changes: Partial<Import> & Pick<Import, "source">,
  changedErrors: Partial<ErrorSettings> = {},
  clock = new VirtualClock(),
): Feed {
  const errors = { ...DEFAULT_ERROR_SETTINGS, ...changedErrors };
  const imported = { name: "lines", record: undefined, key: string, value: string, errors, ...changes };
  const encoder = new ItemEncoder({ imported, topic: TOPIC, errors, limitsOf: new Map(), clock });
  return new Feed({ imported, encoder, clock, incarnation: "mine", onState: () => {} });
}

/** Lets what is ready to run do so. */
async function idle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
}

function values(feed: Feed): unknown[] {
  const found: unknown[] = [];
  for (let item = feed.next; item !== undefined; item = feed.next) {
    found.push(item.record?.value);
    feed.pass();
  }
  return found;
}

test("a source that has not given an item before others fed is opened anew, behind theirs", async () => {
  const opened: number[] = [];
  const gate = Promise.withResolvers<void>();
  const clock = new VirtualClock();
  const source = async function* (from: unknown = 0) {
    opened.push(from as number);
    await gate.promise;
    yield* numbers(8, from as number);
  };
  const feed = feedOf({ source }, {}, clock);
  await feed.found(undefined);
  feed.assign([{ ...MINE, offset: undefined }]);
  await idle();
  feed.assign([]); // fenced; others feed 0 to 4 and leave
  const tag = tagText({ incarnation: "other", number: 3 }, "5");
  await clock.runFor(feed.found({ offset: 5n, metadata: tag }));
  feed.assign([{ ...MINE, offset: 5n }]);
  gate.resolve();
  await idle();
  assert.deepEqual(opened, [0, 5]);
  assert.deepEqual(values(feed), ["5", "6", "7"]);
  await feed.close();
});

const noText = Object.create(null);
const refuse = () => {
  throw new Error("no");
};
const promised = () => Promise.resolve("continue");
const ENDS: readonly (readonly [string, Partial<Import>, object, string, RegExp])[] = [
  [
    "a handler that answers nothing",
    { record: refuse },
    { onProcessingError: () => undefined },
    "HANDLER_FAILED",
    /onProcessingError returned undefined/,
  ],
  [
    "a handler that answers a promise",
    { record: refuse },
    { onProcessingError: promised },
    "HANDLER_FAILED",
    /onProcessingError returned a promise/,
  ],
  [
    "a handler that answers no action",
    { record: () => ({ key: "k", value: "v", timestamp: -1 }) },
    { onProductionError: () => "skip" },
    "HANDLER_FAILED",
    /onProductionError returned skip/,
  ],
  [
    "a handler that throws what has no text",
    { record: refuse },
    {
      onProcessingError: () => {
        throw noText;
      },
    },
    "HANDLER_FAILED",
    /onProcessingError threw "an object that cannot be written as text"/,
  ],
  [
    "a function that throws what has no text",
    {
      record: () => {
        throw noText;
      },
    },
    {},
    "IMPORT_ITEM_FAILED",
    /an import threw an object that cannot be written as text/,
  ],
  [
    "an error whose message has no text",
    {
      record: () => {
        throw Object.assign(new Error(), { message: noText });
      },
    },
    {},
    "UNEXPECTED",
    /Cannot convert object to primitive value/,
  ],
  [
    "a source that throws what has no text",
    {
      source: () => {
        throw noText;
      },
    },
    {},
    "IMPORT_SOURCE_FAILED",
    /failed at item 0: an object that cannot be written as text/,
  ],
];

for (const [name, changes, errors, code, message] of ENDS) {
  test(`${name} ends the import, not the process`, async () => {
    const feed = feedOf({ source: () => [{}], ...changes }, errors);
    await feed.found(undefined);
    feed.assign([{ ...MINE, offset: undefined }]);
    await idle();
    const failure = feed.next?.failure;
    assert.equal(failure?.code, code);
    assert.match(failure.message, message);
    await feed.close();
  });
}
