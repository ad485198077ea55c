import type {
  KeyValueStore,
  NewRecord,
  Processor,
  ProcessorContext,
  PunctuationType,
  StreamRecord,
  ValueAndTimestamp,
  ValueTransformer,
} from "../../host/index.ts";
import { equals, Json, plain, str, type Value } from "./golden-values.ts";
import { script } from "./store-scripts.ts";

// The processors of FORMAT.md, by name. Records come with Values.

type GoldenRecord = StreamRecord<Value, Value>;
type Context = ProcessorContext<Value, Value>;
/** What a processor does with each record, once it knows its task. */
type Begin = (context: Context) => (record: GoldenRecord) => void;
type Library = Readonly<Record<string, (...args: never[]) => Begin>>;

/** @param lift what a key and a value are to functions. */
export function processor(
  { processor: name = "", args = [] }: { readonly processor?: string; readonly args?: readonly unknown[] },
  lift: (record: StreamRecord) => GoldenRecord,
): () => Processor {
  const make = Object.hasOwn(PROCESSORS, name) ? PROCESSORS[name] : undefined;
  if (make === undefined) throw new RangeError(`FORMAT.md has no processor "${name}"`);
  const begin = make(...(args as never[]));
  return () => {
    let process: ((record: GoldenRecord) => void) | undefined;
    return {
      init: (context) => {
        process = begin(context as Context);
      },
      process: (record) => process!(lift(record)),
    };
  };
}

/** Forwards each record as it is made. */
const mapped =
  (make: (record: GoldenRecord, context: Context) => NewRecord<Value, Value>): Begin =>
  (context) =>
  (record) =>
    context.forward(make(record, context));

function repeated(times: number): Begin {
  return (context) => (record) => {
    for (let index = 0; index < times; index++) {
      context.forward(record.withValue(`${str(record.value)}#${index}`));
    }
  };
}

function counting(store: string): Begin {
  return (context) => {
    const counts = context.store<KeyValueStore<Value, Value>>(store);
    return (record) => {
      const count = ((counts.get(record.key) as bigint | undefined) ?? 0n) + 1n;
      counts.put(record.key, count);
      context.forward(record.withValue(count));
    };
  };
}

function shifted(ms: number): Begin {
  return mapped((record) => record.withTimestamp(record.timestamp + ms));
}

function withHeader(name: string, value: string): Begin {
  return mapped((record) =>
    record.withHeaders([...record.headers, { key: name, value: Buffer.from(value) }]),
  );
}

function ticking(type: PunctuationType, intervalMs: number, most: number, startTime?: number): Begin {
  return (context) => {
    let count = 0;
    const schedule = context.schedule(
      intervalMs,
      type,
      (timestamp) => {
        count++;
        const [stream, wall] = [context.currentStreamTime(), context.currentSystemTime()];
        context.forward({
          key: "tick",
          value: new Json({ n: count, ts: timestamp, stream, wall }),
          timestamp,
        });
        if (count === most) schedule.cancel();
      },
      startTime,
    );
    return (record) => context.forward(record.withValue(new Json(plain(record.value))));
  };
}

const PROCESSORS: Library = {
  pass: () => mapped((record) => record),
  none: () => () => () => {},
  append: (text: string) => mapped((record) => record.withValue(str(record.value) + text)),
  repeat: repeated,
  times: () =>
    mapped((record, context) =>
      record.withValue(
        new Json({
          record: record.timestamp,
          stream: context.currentStreamTime(),
          wall: context.currentSystemTime(),
        }),
      ),
    ),
  metadata: () =>
    mapped((record, { recordMetadata }) => {
      const { topic, partition, offset } = recordMetadata!;
      return record.withValue(new Json({ topic, partition, offset: Number(offset) }));
    }),
  "shift-timestamp": shifted,
  "set-key": (key: Value) => mapped((record) => record.withKey(key)),
  "add-header": withHeader,
  "drop-headers": () => mapped((record) => record.withHeaders([])),
  "header-to-value": (name: string) =>
    mapped((record) => {
      const header = record.headers.findLast(({ key }) => key === name);
      return record.withValue(header === undefined ? "none" : String(Buffer.from(header.value!)));
    }),
  "throw-if-value-equals": (constant: unknown) =>
    mapped((record) => {
      if (record.value !== null && equals(record.value, constant))
        throw new RangeError("the value to throw for");
      return record;
    }),
  count: counting,
  dedup: (store: string) => (context) => {
    const seen = context.store<KeyValueStore<Value, Value>>(store);
    return (record) => {
      const before = seen.get(record.key) ?? null;
      if (str(before) === str(record.value) && (before === null) === (record.value === null)) return;
      seen.put(record.key, record.value);
      context.forward(record);
    };
  },
  "read-table": (store: string) => (context) => {
    const table = context.store<KeyValueStore<Value, ValueAndTimestamp<Value>>>(store);
    return (record) => {
      const row = record.key === null ? undefined : table.get(record.key);
      const found = row && `${str(record.value)}/${str(row.value)}@${row.timestamp}`;
      context.forward(record.withValue(found ?? "absent"));
    };
  },
  buffer: (store: string, intervalMs: number, type: PunctuationType) => (context) => {
    const kept = context.store<KeyValueStore<Value, Value>>(store);
    context.schedule(intervalMs, type, (timestamp) => {
      for (const [key, value] of [...kept.all()]) {
        context.forward({ key, value, timestamp });
        kept.delete(key);
      }
    });
    return (record) => kept.put(record.key, record.value);
  },
  tick: ticking,
  "tick-on-demand": (type: PunctuationType, intervalMs: number) => (context) => {
    let running: { cancel(): void } | undefined;
    const tick = (timestamp: number) => context.forward({ key: "tick", value: BigInt(timestamp), timestamp });
    return ({ value }) => {
      if (value === "start") running ??= context.schedule(intervalMs, type, tick);
      if (value !== "stop") return;
      running?.cancel();
      running = undefined;
    };
  },
  "two-ticks": (type: PunctuationType, first: number, second: number) => (context) => {
    const tick = (key: string) => (timestamp: number) =>
      context.forward({ key, value: BigInt(timestamp), timestamp });
    context.schedule(first, type, tick("A"));
    context.schedule(second, type, tick("B"));
    return () => {};
  },
  "tick-throw": (type: PunctuationType, intervalMs: number) => (context) => {
    let count = 0;
    context.schedule(intervalMs, type, (timestamp) => {
      if (++count === 2) throw new RangeError("the second tick");
      context.forward({ key: "tick", value: BigInt(count), timestamp });
    });
    return () => {};
  },
  "kv-script": script("kv"),
  "versioned-script": script("versioned"),
  "window-script": script("window"),
  "session-script": script("session"),
};

/** What transformValues of FORMAT.md does with the rows of a table. */
export function tableTransformer({
  processor: name = "",
  args = [],
}: {
  readonly processor?: string;
  readonly args?: readonly unknown[];
}): () => ValueTransformer<Value, Value, Value> {
  const joined = (key: Value, value: Value) => `${str(key)}:${str(value)}`;
  switch (name) {
    case "concat-key":
      return () => ({ transform: (key, value) => (value === null ? null : joined(key, value)) });
    case "see-null":
      return () => ({ transform: joined });
    case "count":
      return () => countingTransformer(args[0] as string);
    default:
      throw new RangeError(`FORMAT.md has no transformer "${name}"`);
  }
}

function countingTransformer(store: string): ValueTransformer<Value, Value, Value> {
  let counts: KeyValueStore<Value, Value> | undefined;
  return {
    init(context) {
      counts = context.store(store);
    },
    transform(key, value) {
      const count = ((counts!.get(key) as bigint | undefined) ?? 0n) + 1n;
      counts!.put(key, count);
      return value === null ? null : `${str(value)}#${count}`;
    },
  };
}
