import { i64, type RestoreEvent, restoreChannel, type StreamsBuilder, string } from "../../../host/index.ts";

/** Counts "in" by key into "out". What is restored is told on standard output: so many records each time. */
export default function (builder: StreamsBuilder): void {
  builder
    .stream("in", { key: string, value: string })
    .groupByKey()
    .count({ store: "counts" })
    .toStream()
    .to("out", { key: string, value: i64 });
}

restoreChannel.subscribe((event) => {
  const { left, restored } = event as RestoreEvent;
  if (left === 0) process.stdout.write(`restored ${restored}\n`);
});
