import {
  EmbeddedBroker,
  json,
  memoryTransport,
  peridot,
  type StoredRecord,
  string,
  systemClock,
} from "peridot-streams";
import { z } from "zod";
import { fill, print, runOver } from "../lines.ts";

/**
 * What cannot be read, or makes a function throw, goes to a dead letter topic in the same transaction, with the
 * headers of KIP-1034: output and dead letters together are the input, exactly once.
 */
const Order = z.object({ item: z.string(), cents: z.number() });

const broker = new EmbeddedBroker({ clock: systemClock, random: Math.random });
const records = fill(broker, "orders", new URL("./input.txt", import.meta.url));
broker.createTopic("prices");
broker.createTopic("dead-letters");

const app = peridot({
  applicationId: "dead-letters-example",
  transport: memoryTransport(broker),
  errors: {
    onDeserializationError: "deadLetter",
    onProcessingError: "deadLetter",
    deadLetterTopic: "dead-letters",
  },
});
app
  .stream("orders", { key: string, value: json(Order) })
  .mapValues((order) => {
    if (order.cents < 0) throw new RangeError(`${order.item} costs less than nothing`);
    return (order.cents / 100).toFixed(2);
  })
  .to("prices", { value: string });

await runOver(app, records);
print(broker, "prices");
print(broker, "dead-letters", said);

/** Where the record was, and what was wrong with it. */
function said({ headers }: StoredRecord): string {
  const wanted = ["topic", "offset", "message"].map((name) => `__streams.errors.${name}`);
  const found = headers.filter(({ key }) => wanted.includes(key));
  return found.map(({ key, value }) => `\n  ${key}: ${value}`).join("");
}
