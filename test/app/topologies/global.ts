import type { StreamsBuilder } from "../../../host/dsl/streams-builder.ts";
import { string } from "../../../host/serdes/index.ts";

/** Joins "in" with a global table by its values. */
export default function topology(builder: StreamsBuilder): void {
  const texts = { key: string, value: string };
  const rates = builder.globalTable("rates", texts, { store: "rates" });
  builder
    .stream("in", texts)
    .join(
      rates,
      (_key, value) => value,
      (value, rate) => `${value}=${rate}`,
    )
    .to("out", texts);
}
