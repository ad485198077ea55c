import { EmbeddedBroker, json, memoryTransport, peridot, string, systemClock } from "peridot-streams";
import { z } from "zod";
import { fill, print, runOver } from "../lines.ts";

/** Addresses in Queensland under other field names. No function: the whole job runs in Wasm, a batch at a time. */
const Address = z.object({ Address: z.string(), City: z.string(), State: z.string(), Postcode: z.string() });

const broker = new EmbeddedBroker({ clock: systemClock, random: Math.random });
const records = fill(broker, "addresses", new URL("./input.txt", import.meta.url));
broker.createTopic("addresses-qld");

const app = peridot({ applicationId: "main-job-example", transport: memoryTransport(broker) });
app
  .stream("addresses", { key: string, value: json(Address) })
  .filter({ State: "QLD" })
  .mapValues({ address: "Address", city: "City" })
  .to("addresses-qld");

await runOver(app, records);
print(broker, "addresses-qld");
