import { oneOf, required } from "./environment.ts";
import { runStateful } from "./run-stateful.ts";

// Counts by key in windows of a second, which KIND tells.
required("INPUT"); // all are read by the topology
required("OUTPUT");
oneOf("KIND", ["tumbling", "hopping", "session"]);
await runStateful("windowed", new URL("./windowed-topology.ts", import.meta.url));
