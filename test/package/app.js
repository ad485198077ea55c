// Runs in an empty project where the packed package is installed: see test/package.test.ts.
import { EmbeddedBroker, json, memoryTransport, peridot, string, systemClock } from "peridot-streams";

const broker = new EmbeddedBroker({ clock: systemClock, random: Math.random });
broker.createTopic("in");
broker.createTopic("out");
const keys = ["a", "b", "c"];
broker.append(
  "in",
  0,
  keys.map((key, index) => ({ key, value: JSON.stringify({ number: index + 1 }) })),
);

const app = peridot({ applicationId: "packaged", transport: memoryTransport(broker) });
app
  .stream("in", { key: string, value: json() })
  .mapValues((value) => `${value.number}`)
  .to("out", { key: string, value: string });
await app.start();
while (app.progress.records < keys.length) await new Promise((resolve) => setTimeout(resolve, 10));
await app.close();
console.log(
  broker
    .read("out")[0]
    .map(({ key, value }) => `${key}=${value}`)
    .join(" "),
);
