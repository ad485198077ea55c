import { type StreamsBuilder, string } from "../../../host/index.ts";

/** Copies "in" to "out" by way of a repartition topic. */
export default function (builder: StreamsBuilder): void {
  builder
    .stream("in", { key: string, value: string })
    .repartition({ name: "copies", partitions: 4 })
    .to("out");
}
