import { bytes, type PeridotConfig, peridot } from "../../host/index.ts";

/**
 * A copying application, configured by the environment: CONFIG (PeridotConfig as JSON), INPUT (topics, separated by
 * commas), OUTPUT. It fails as any application fails: by the error that `run` rejects with.
 */
const { CONFIG = "{}", INPUT = "", OUTPUT = "" } = process.env;
const app = peridot({ applicationId: "configured", ...(JSON.parse(CONFIG) as Partial<PeridotConfig>) });
app.stream(INPUT.split(","), { key: bytes, value: bytes }).to(OUTPUT, { key: bytes, value: bytes });
process.once("SIGTERM", () => void app.close());
await app.run();
