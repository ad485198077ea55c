import { readFileSync } from "node:fs";
import { EmbeddedBroker, memoryTransport, peridot, systemClock } from "peridot-streams";
import { print, runUntil } from "../lines.ts";

/** Payments and orders, joined with customers: by the key that both have, and by one that an order only names. */
const broker = new EmbeddedBroker({ clock: systemClock, random: Math.random });
for (const topic of ["customers", "payments", "orders", "receipts", "shipments"]) broker.createTopic(topic);

// a line is a topic, a key, and a value, or none: the row is deleted; its number is its time
const lines = readFileSync(new URL("./input.txt", import.meta.url), "utf8")
  .split("\n")
  .slice(0, -1);
for (const [timestamp, line] of lines.entries()) {
  const [, topic, key, value] = /^(\S+) (\S+) ?(.*)$/.exec(line)!;
  broker.append(topic!, 0, [{ key: key!, value: value === "" ? null : value!, timestamp }]);
}

const app = peridot({
  applicationId: "enriched-orders-example",
  transport: memoryTransport(broker),
  topology: new URL("./topology.ts", import.meta.url),
  threads: 0,
  stateBackend: "memory",
  cacheMaxBytes: 0, // each update is told
});
/** How often an order is told anew depends on when its customer's answer comes; what is told last does not. */
const shipments = () =>
  new Map(
    broker
      .read("shipments")
      .flat()
      .map(({ key, value }) => [`${key}`, `${value}`]),
  );
const isDone = () =>
  shipments().get("o1") === "is not shipped" &&
  [...shipments().values()].filter((to) => to === "to Ada in Bern").length === 2;
await runUntil(app, isDone);
print(broker, "receipts");
for (const [order, to] of [...shipments()].sort()) console.log(`shipments: ${order} ${to}`);
