import { bytes, i64, type StreamsBuilder, string } from "peridot-streams";

const { INPUT = "in", OUTPUT = "out" } = process.env;

/** Counts records by key in a persistent store with a changelog. INPUT and OUTPUT name the topics. */
export default function (builder: StreamsBuilder): void {
  builder
    .stream(INPUT, { key: string, value: bytes })
    .groupByKey()
    .count({ store: "counts" })
    .toStream()
    .to(OUTPUT, { key: string, value: i64 });
}
