import type { StreamsBuilder } from "../../../host/dsl/streams-builder.ts";
import { string } from "../../../host/serdes/index.ts";
import { authorsPath } from "../../kernels/user-modules.ts";

/** Copies "in" to "out" through a kernel that sees one row at a time. Bad records become dead letters. */
export default async function topology(builder: StreamsBuilder): Promise<void> {
  const module = await authorsPath();
  builder
    .stream("in", {
      key: string,
      value: string,
      errors: { onProcessingError: "deadLetter", deadLetterTopic: "letters" },
    })
    .kernel("naughty", { module, key: string, value: string, fuelPerRow: 10_000 })
    .to("out");
}
