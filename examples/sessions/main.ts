import { EmbeddedBroker, memoryTransport, peridot, systemClock } from "peridot-streams";
import { fill, print, runOver } from "../lines.ts";

/** Clicks become visits, each told once, when it is over: what closes it is the time of later clicks, whoever's. */
const broker = new EmbeddedBroker({ clock: systemClock, random: Math.random });
const records = fill(broker, "clicks", new URL("./input.txt", import.meta.url));
broker.createTopic("visits");

const app = peridot({
  applicationId: "sessions-example",
  transport: memoryTransport(broker),
  topology: new URL("./topology.ts", import.meta.url),
  threads: 0,
  stateBackend: "memory",
  emitIntervalMs: 0, // visits that are over are looked for with each click
});
await runOver(app, records);
print(broker, "visits");
