import { EmbeddedBroker, memoryTransport, peridot, systemClock } from "peridot-streams";
import { fill, print, runOver } from "../lines.ts";

/** Cards with many payments within a minute, told as soon as the payment that is one too many comes; late ones count too. */
const broker = new EmbeddedBroker({ clock: systemClock, random: Math.random });
const records = fill(broker, "payments", new URL("./input.txt", import.meta.url));
broker.createTopic("alerts");

const app = peridot({
  applicationId: "fraud-alerts-example",
  transport: memoryTransport(broker),
  topology: new URL("./topology.ts", import.meta.url),
  threads: 0,
  stateBackend: "memory",
  cacheMaxBytes: 0, // each update is seen: with a cache, several between two commits are one
});
await runOver(app, records);
print(broker, "alerts");
