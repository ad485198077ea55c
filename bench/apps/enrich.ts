import { oneOf, required } from "./environment.ts";
import { runStateful } from "./run-stateful.ts";

// A join of the stream INPUT with OTHER: a table, or another stream, as KIND tells.
for (const name of ["INPUT", "OTHER", "OUTPUT"]) required(name); // all are read by the topology
oneOf("KIND", ["table", "stream"]);
await runStateful("enrich", new URL("./enrich-topology.ts", import.meta.url));
