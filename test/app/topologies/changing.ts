import { i64, type StreamsBuilder, string } from "../../../host/index.ts";

/** How many keys of the table "in" have each value, into "out". */
export default function (builder: StreamsBuilder): void {
  builder
    .table("in", { key: string, value: string }, { store: "rows" })
    .groupBy((key, value) => [value, key], { key: string, value: string })
    .count({ store: "counts" })
    .toStream()
    .to("out", { key: string, value: i64 });
}
