import type { StreamsBuilder } from "../../../host/dsl/streams-builder.ts";
import { string } from "../../../host/serdes/index.ts";
import { authorsPath } from "../../kernels/user-modules.ts";

/** The same through a kernel over batches, whose traps have to be looked for. */
export default async function topology(builder: StreamsBuilder): Promise<void> {
  const module = await authorsPath();
  builder
    .stream("in", {
      key: string,
      value: string,
      errors: { onProcessingError: "deadLetter", deadLetterTopic: "letters" },
    })
    .kernel("batchNaughty", { module, key: string, value: string })
    .to("out");
}
