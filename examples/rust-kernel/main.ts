import { EmbeddedBroker, memoryTransport, peridot, string, systemClock } from "peridot-streams";
import { fill, print, runOver } from "../lines.ts";

/**
 * A kernel from Rust, by kernels/ABI.md: it has a memory of its own and gets copies of records. words.wasm is what
 * cargo build --release --target wasm32-unknown-unknown makes of src/.
 */
const broker = new EmbeddedBroker({ clock: systemClock, random: Math.random });
const records = fill(broker, "sentences", new URL("./input.txt", import.meta.url));
broker.createTopic("words");

const app = peridot({ applicationId: "rust-kernel-example", transport: memoryTransport(broker) });
app
  .stream("sentences", { key: string, value: string })
  .kernel("words", { module: new URL("./words.wasm", import.meta.url), key: string, value: string })
  .to("words");

await runOver(app, records);
print(broker, "words");
