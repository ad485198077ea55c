import { joinWindows, type StreamsBuilder, string, tumblingWindows } from "../../../host/index.ts";

const TEXTS = { key: string, value: string };

/**
 * Counts "in" by key in windows of 50 ms, each update told as "key@start" and the count; and joins "left" with "right", in "joined".
 */
export default function (builder: StreamsBuilder): void {
  builder
    .stream("in", TEXTS)
    .groupByKey()
    .windowedBy(tumblingWindows({ sizeMs: 50 }))
    .count({ store: "windows" })
    .toStream(({ key, start }) => `${key}@${start}`)
    .mapValues((count) => `${count}`)
    .to("out", TEXTS);
  builder
    .stream("left", TEXTS)
    .leftJoin(
      builder.stream("right", TEXTS),
      (one, other) => `${one}+${other}`,
      joinWindows({ differenceMs: 2_000 }),
      {
        store: "near",
      },
    )
    .to("joined", TEXTS);
}
