import { joinWindows, type StreamsBuilder, string } from "peridot-streams";

const { INPUT = "in", OTHER = "other", OUTPUT = "out", KIND = "table" } = process.env;
const TEXTS = { key: string, value: string };
const WINDOW_MS = 1000;

/** Joins a stream with a table, or with another stream. INPUT, OTHER and OUTPUT name the topics. */
export default function (builder: StreamsBuilder): void {
  const stream = builder.stream(INPUT, TEXTS);
  const joined = (one: string, other: string) => `${one}|${other}`;
  const result =
    KIND === "stream"
      ? stream.join(builder.stream(OTHER, TEXTS), joined, joinWindows({ differenceMs: WINDOW_MS }), {
          store: "joined",
        })
      : stream.join(builder.table(OTHER, TEXTS, { store: "table" }), joined);
  result.to(OUTPUT, TEXTS);
}
