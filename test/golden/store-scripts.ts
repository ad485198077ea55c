import type {
  KeyValueStore,
  ProcessorContext,
  SessionStore,
  StreamRecord,
  ValueAndTimestamp,
  VersionedKeyValueStore,
  VersionedRecord,
  WindowStore,
} from "../../host/index.ts";
import { Windowed } from "../../host/index.ts";
import { asValue, Json, plain, type Value } from "./golden-values.ts";

// The store scripts of FORMAT.md: each record's value is a command on a store, and what it gives is forwarded.

/** A command, as scenario files write it. */
type Command = Readonly<Record<string, unknown>> & { readonly cmd: string };
type Run = (store: never, command: Command) => unknown;

export function script(kind: "kv" | "versioned" | "window" | "session") {
  const run = RUNS[kind] as Run;
  return (store: string) => (context: ProcessorContext<Value, Value>) => {
    const opened = context.store(store);
    return (record: StreamRecord<Value, Value>) => {
      const r = run(opened as never, (record.value as Json).value as Command);
      context.forward(record.withValue(new Json({ r })));
    };
  };
}

type Stored = Value | ValueAndTimestamp<Value>;

function runKeyValue(store: KeyValueStore<Value, Stored>, command: Command): unknown {
  const key = asValue(command.k);
  const value = storedValue(command.v, command.t);
  const [from, to] = [asValue(command.from) ?? undefined, asValue(command.to) ?? undefined];
  switch (command.cmd) {
    case "put":
      store.put(key, value);
      return "ok";
    case "putIfAbsent":
      return shown(store.putIfAbsent(key, value));
    case "delete":
      return shown(store.delete(key));
    case "get":
      return shown(store.get(key));
    case "putAll":
      store.putAll(
        (command.entries as readonly (readonly unknown[])[]).map(([k, v, t]) => [
          asValue(k),
          storedValue(v, t),
        ]),
      );
      return "ok";
    case "range":
      return entries(store.range(from, to));
    case "reverseRange":
      return entries(store.reverseRange(from, to));
    case "all":
      return entries(store.all());
    case "reverseAll":
      return entries(store.reverseAll());
    case "prefix":
      return entries(store.prefixScan(command.p as string));
    default:
      throw new RangeError(`FORMAT.md has no command "${command.cmd}"`);
  }
}

function storedValue(value: unknown, timestamp: unknown): Stored {
  const plainValue = asValue(value);
  if (timestamp === undefined || plainValue === null) return plainValue;
  return { value: plainValue, timestamp: timestamp as number };
}

function isStamped(stored: Stored): stored is ValueAndTimestamp<Value> {
  return typeof stored === "object" && stored !== null && "timestamp" in stored;
}

function shown(stored: Stored | undefined): unknown {
  if (stored === undefined) return null;
  return isStamped(stored) ? [plain(stored.value), stored.timestamp] : plain(stored);
}

function entries(found: Iterable<readonly [Value, Stored]>): unknown {
  return Array.from(found, ([key, value]) => [plain(key), shown(value)]);
}

function runVersioned(store: VersionedKeyValueStore<Value, Value>, command: Command): unknown {
  const key = asValue(command.k);
  switch (command.cmd) {
    case "put":
      return store.put(key, asValue(command.v), command.t as number);
    case "delete":
      return version(store.delete(key, command.t as number));
    case "get":
      return version(store.get(key));
    case "getAsOf":
      return version(store.getAsOf(key, command.t as number));
    default:
      throw new RangeError(`FORMAT.md has no command "${command.cmd}"`);
  }
}

function runWindow(store: WindowStore<Value, Value>, command: Command): unknown {
  const { from, to, t } = command as Command & { from: number; to: number; t: number };
  const [key, key2] = [asValue(command.k), asValue(command.k2)];
  const [first, last] = [key ?? undefined, key2 ?? undefined];
  switch (command.cmd) {
    case "put":
      store.put(key, asValue(command.v), t);
      return "ok";
    case "fetchOne":
      return shown(store.get(key, t));
    case "fetch":
      return Array.from(store.fetch(key, from, to), ([start, value]) => [start, plain(value)]);
    case "backwardFetch":
      return Array.from(store.backwardFetch(key, from, to), ([start, value]) => [start, plain(value)]);
    case "fetchRange":
      return windowed(store.fetchRange(first, last, from, to));
    case "backwardFetchRange":
      return windowed(store.backwardFetchRange(first, last, from, to));
    case "fetchAll":
      return windowed(store.fetchAll(from, to));
    case "backwardFetchAll":
      return windowed(store.backwardFetchAll(from, to));
    case "all":
      return windowed(store.all());
    case "backwardAll":
      return windowed(store.backwardAll());
    default:
      throw new RangeError(`FORMAT.md has no command "${command.cmd}"`);
  }
}

function runSession(store: SessionStore<Value, Value>, command: Command): unknown {
  const { s, e } = command as Command & { s: number; e: number };
  const [key, key2] = [asValue(command.k), asValue(command.k2)];
  switch (command.cmd) {
    case "put":
      store.put(new Windowed(key, s, e), asValue(command.v));
      return "ok";
    case "remove":
      store.remove(new Windowed(key, s, e));
      return "ok";
    case "fetch":
      return windowed(store.fetch(key));
    case "backwardFetch":
      return windowed(store.backwardFetch(key));
    case "fetchRange":
      return windowed(store.fetchRange(key, key2));
    case "fetchSession":
      return shown(store.fetchSession(key, s, e));
    case "findSessions":
      return windowed(store.findSessions(key, s, e));
    case "backwardFindSessions":
      return windowed(store.backwardFindSessions(key, s, e));
    case "findSessionsRange":
      return windowed(store.findSessionsRange(key, key2, s, e));
    default:
      throw new RangeError(`FORMAT.md has no command "${command.cmd}"`);
  }
}

function windowed(found: Iterable<readonly [Windowed<Value>, Value]>): unknown {
  return Array.from(found, ([{ key, start, end }, value]) => [plain(key), start, end, plain(value)]);
}

const RUNS = { kv: runKeyValue, versioned: runVersioned, window: runWindow, session: runSession };

function version(found: VersionedRecord<Value> | undefined): unknown {
  return found === undefined ? null : [plain(found.value), found.timestamp];
}
