import { json, type StreamsBuilder, sessionWindows, string } from "peridot-streams";
import { z } from "zod";

const Click = z.object({ page: z.string(), at: z.int() });
const Pages = z.array(z.string());

/** A visit is over when nothing was clicked for half an hour. */
const PAUSE_MS = 30 * 60_000;
/** Time may jump so far, where nobody clicks, without a visit being forgotten before it is told. */
const RETENTION_MS = 24 * 60 * 60_000;

export default function (builder: StreamsBuilder): void {
  builder
    .stream("clicks", { key: string, value: json(Click), timestampExtractor: ({ value }) => value?.at ?? -1 })
    .groupByKey()
    .windowedBy(sessionWindows({ gapMs: PAUSE_MS, graceMs: 0 }))
    .emitStrategy("on-window-close")
    .aggregate(
      () => [] as string[],
      (_user, { page }, pages) => [...pages, page],
      (_user, one, other) => [...one, ...other],
      { store: "visits", value: json(Pages), retentionMs: RETENTION_MS },
    )
    .toStream()
    .map(({ key, start, end }, pages) => [key, `${(end - start) / 60_000} minutes: ${pages?.join(" > ")}`])
    .to("visits", { key: string, value: string });
}
