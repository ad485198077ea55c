import { EmbeddedBroker, json, memoryTransport, peridot, string, systemClock } from "peridot-streams";
import { z } from "zod";
import { fill, print, runOver } from "../lines.ts";

/** How many owners each client has: typed JSON in, JSON numbers out. */
const Client = z.object({ name: z.string(), owner: z.array(z.string()) });

const broker = new EmbeddedBroker({ clock: systemClock, random: Math.random });
const records = fill(broker, "clientTopic", new URL("./input.txt", import.meta.url));
broker.createTopic("genericTopic");

const app = peridot({ applicationId: "client-example", transport: memoryTransport(broker) });
app
  .stream("clientTopic", { key: string, value: json(Client) })
  .map((key, client) => [key, client.owner.length])
  .to("genericTopic", { key: string, value: json<number>() });

await runOver(app, records);
print(broker, "genericTopic");
