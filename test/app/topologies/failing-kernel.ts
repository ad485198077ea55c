import type { StreamsBuilder } from "../../../host/dsl/streams-builder.ts";
import { string } from "../../../host/serdes/index.ts";
import { authorsPath } from "../../kernels/user-modules.ts";

/** A trap stops the application, as Kafka Streams' default is. */
export default async function topology(builder: StreamsBuilder): Promise<void> {
  const module = await authorsPath();
  builder
    .stream("in", { key: string, value: string })
    .kernel("naughty", { module, key: string, value: string, name: "shouter" })
    .to("out");
}
