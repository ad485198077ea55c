import { EmbeddedBroker, json, memoryTransport, peridot, string, systemClock } from "peridot-streams";
import { z } from "zod";
import { fill, print, runOver } from "../lines.ts";

/**
 * A kernel of one's own, in AssemblyScript. Build it first: npx peridot kernel build kernels/words.ts --out
 * build/kernels.wasm. What it refuses becomes a dead letter with its reason.
 */
const Address = z.object({ Address: z.string(), City: z.string().optional() });

const broker = new EmbeddedBroker({ clock: systemClock, random: Math.random });
const records = fill(broker, "addresses", new URL("./input.txt", import.meta.url));
broker.createTopic("words");
broker.createTopic("dead-letters");

const app = peridot({
  applicationId: "kernel-example",
  transport: memoryTransport(broker),
  errors: { onProcessingError: "deadLetter", deadLetterTopic: "dead-letters" },
});
app
  .stream("addresses", { key: string, value: json(Address) })
  .kernel("words", { module: new URL("./build/kernels.wasm", import.meta.url), key: string, value: string })
  .to("words");

await runOver(app, records);
print(broker, "words");
print(broker, "dead-letters", ({ headers }) => {
  const message = headers.find(({ key }) => key === "__streams.errors.message");
  return `: ${message?.value}`;
});
