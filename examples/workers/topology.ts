import { json, type StreamsBuilder, string } from "peridot-streams";
import { z } from "zod";

const Reading = z.object({ sensor: z.string(), celsius: z.number() });

/** Each worker builds this topology for itself: what stands in this module exists once in each. */
export default function (builder: StreamsBuilder): void {
  builder
    .stream("readings", { key: string, value: json(Reading) })
    .filter({ celsius: { ge: 100 } })
    .mapValues((reading) => `${reading.sensor} boils at ${reading.celsius} °C`)
    .to("alarms", { value: string });
}
