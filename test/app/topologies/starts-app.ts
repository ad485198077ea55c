import { isMainThread } from "node:worker_threads";
import { peridot } from "../../../host/index.ts";
import steered from "./steered.ts";

/** Starts an application wherever it is loaded but in the main thread. */
if (!isMainThread) {
  await peridot({
    applicationId: "inner",
    bootstrapServers: "127.0.0.1:1",
    topology: new URL("./steered.ts", import.meta.url),
    threads: 1,
  }).run();
}

export default steered;
