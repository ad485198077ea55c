import { json, type StreamsBuilder, string, tumblingWindows } from "peridot-streams";
import { z } from "zod";

const Payment = z.object({ cents: z.int(), at: z.int() });

const MINUTE_MS = 60_000;
/** So many payments by one card within a minute are suspicious. */
const SUSPICIOUS = 3n;

export default function (builder: StreamsBuilder): void {
  builder
    .stream("payments", {
      key: string,
      value: json(Payment),
      timestampExtractor: ({ value }) => value?.at ?? -1,
    })
    .groupByKey()
    .windowedBy(tumblingWindows({ sizeMs: MINUTE_MS, graceMs: 10_000 }))
    .count({ store: "payments-per-minute" })
    .toStream()
    .filter((_window, count) => count === SUSPICIOUS) // the update that reaches it, and no later one
    .map(({ key, start }, count) => [key, `${count} payments in the minute from ${timeOf(start)}`])
    .to("alerts", { key: string, value: string });
}

function timeOf(ms: number): string {
  return new Date(ms).toISOString().slice(11, 16);
}
