import { createServer } from "node:net";
import { setImmediate as turn } from "node:timers/promises";
import { EmbeddedBroker, json, peridot, string, systemClock } from "../../host/index.ts";

/**
 * An application that closes in a process of its own, which then says on stdout what is left to keep it alive, as
 * JSON. SCENE: "working" on an embedded broker over TCP, or "unanswered": what listens there accepts and is silent.
 */
const { SCENE } = process.env;
const RECORDS = 1000;

const left = SCENE === "working" ? await working() : await unanswered();
process.stdout.write(JSON.stringify(left));

async function working(): Promise<string[]> {
  const broker = new EmbeddedBroker({ clock: systemClock, random: Math.random });
  for (const topic of ["in", "out"]) broker.createTopic(topic, { partitions: 2 });
  broker.append(
    "in",
    0,
    Array.from({ length: RECORDS }, (_, index) => ({ key: `k${index}`, value: `{"n":${index}}` })),
  );
  const listener = await broker.listen();
  const app = peridot({ applicationId: "closing", bootstrapServers: listener.bootstrapServers });
  app
    .stream("in", { key: string, value: json<{ n: number }>() })
    .mapValues((value) => ({ twice: 2 * value.n }))
    .to("out", { value: json<{ twice: number }>() });
  await app.start();
  while (app.progress.records < RECORDS) await turn();
  await app.close();
  await listener.close();
  return resources();
}

async function unanswered(): Promise<string[]> {
  const reached = Promise.withResolvers<void>();
  const server = createServer((socket) => {
    socket.resume();
    socket.once("data", () => reached.resolve());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  const app = peridot({ applicationId: "closing", bootstrapServers: `127.0.0.1:${port}` });
  app.stream("in", { key: string, value: string }).to("out");
  const started = app.start().catch(() => undefined);
  await reached.promise;
  await app.close();
  await started;
  await new Promise((resolve) => server.close(resolve));
  return resources();
}

/** Sockets close over a few turns; a timer that nobody has cancelled stays. */
async function resources(): Promise<string[]> {
  for (let turns = 0; turns < 100; turns++) await turn();
  return process
    .getActiveResourcesInfo()
    .filter((name) => !["PipeWrap", "TTYWrap", "Immediate"].includes(name));
}
