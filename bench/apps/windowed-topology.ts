import {
  bytes,
  hoppingWindows,
  i64,
  type StreamsBuilder,
  sessionWindowed,
  sessionWindows,
  string,
  timeWindowed,
  tumblingWindows,
} from "peridot-streams";

const { INPUT = "in", OUTPUT = "out", KIND = "tumbling" } = process.env;
const WINDOW_MS = 1000;

/** Counts records by key and window, or session, in a persistent store with a changelog. INPUT and OUTPUT name the topics. */
export default function (builder: StreamsBuilder): void {
  const grouped = builder.stream(INPUT, { key: string, value: bytes }).groupByKey();
  if (KIND === "session") {
    grouped
      .windowedBy(sessionWindows({ gapMs: WINDOW_MS }))
      .count({ store: "windows", retentionMs: 2 * WINDOW_MS }) // the gap alone loses what comes when it ends
      .toStream()
      .filter((_session, count) => count !== null)
      .to(OUTPUT, { key: sessionWindowed(string), value: i64 });
    return;
  }
  const counts =
    KIND === "hopping"
      ? grouped.windowedBy(hoppingWindows({ sizeMs: WINDOW_MS, advanceMs: WINDOW_MS / 2 })).aggregate(
          () => 0n,
          (_key, _value, count: bigint) => count + 1n,
          { store: "windows", value: i64 },
        )
      : grouped.windowedBy(tumblingWindows({ sizeMs: WINDOW_MS })).count({ store: "windows" });
  counts.toStream().to(OUTPUT, { key: timeWindowed(string, WINDOW_MS), value: i64 });
}
