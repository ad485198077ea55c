import {
  EmbeddedBroker,
  err,
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
 * Each order goes to the first branch whose predicate holds: a condition on fields, or a function. What a branch
 * refuses, it refuses by value: `err(reason)` makes a dead letter of the record, its reason in the headers.
 */
const Order = z.object({ item: z.string(), cents: z.number() });

const broker = new EmbeddedBroker({ clock: systemClock, random: Math.random });
const records = fill(broker, "orders", new URL("./input.txt", import.meta.url));
for (const topic of ["gifts", "approvals", "prices", "dead-letters"]) broker.createTopic(topic);

const app = peridot({
  applicationId: "branch-example",
  transport: memoryTransport(broker),
  errors: {
    onDeserializationError: "deadLetter",
    onProcessingError: "deadLetter",
    deadLetterTopic: "dead-letters",
  },
});
const { dear, free, others } = app
  .stream("orders", { key: string, value: json(Order) })
  .split()
  .branch("dear", { cents: { ge: 100_000 } })
  .branch("free", (_key, order) => order.cents === 0)
  .defaultBranch("others");

dear
  .mapValues((order) => (order.item === "harp" ? err({ item: order.item, why: "sold out" }) : order.item))
  .to("approvals", { value: string });
free.to("gifts");
others
  .mapValues((order) => (order.cents < 0 ? err("costs less than nothing") : (order.cents / 100).toFixed(2)))
  .to("prices", { value: string });

await runOver(app, records);
print(broker, "approvals");
print(broker, "gifts");
print(broker, "prices");
print(broker, "dead-letters", reason);

function reason({ headers }: StoredRecord): string {
  const message = headers.find(({ key }) => key === "__streams.errors.message");
  return `\n  ${message?.value}`;
}
