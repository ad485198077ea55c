import { type PeridotConfig, peridot, runProcess } from "../../host/index.ts";

/** An application as a process: CONFIG is its configuration as JSON, save `topology`, the module's URL. */
const { CONFIG = "{}", TOPOLOGY } = process.env;
const config = JSON.parse(CONFIG) as PeridotConfig;
await runProcess(peridot(TOPOLOGY === undefined ? config : { ...config, topology: new URL(TOPOLOGY) }));
