import { required } from "./environment.ts";
import { runStateful } from "./run-stateful.ts";

// A count by key.
required("INPUT"); // both are read by the topology
required("OUTPUT");
await runStateful("count", new URL("./count-topology.ts", import.meta.url));
