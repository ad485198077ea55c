import { EmbeddedBroker, peridot, systemClock } from "peridot-streams";
import { fill, print, runOver } from "../lines.ts";

/** The topology runs in a worker of its own; it comes to the broker over TCP, as it would to Kafka's. */
const broker = new EmbeddedBroker({ clock: systemClock, random: Math.random });
const records = fill(broker, "readings", new URL("./input.txt", import.meta.url));
broker.createTopic("alarms");
const listener = await broker.listen();

const app = peridot({
  applicationId: "workers-example",
  bootstrapServers: listener.bootstrapServers,
  threads: 1,
  topology: new URL("./topology.ts", import.meta.url),
});

await runOver(app, records);
await listener.close();
print(broker, "alarms");
