import { peridot, runProcess } from "../../host/index.ts";

/** poison-topology.ts as a process, configured by the environment. Whatever fails becomes a dead letter in DEAD; with LOSES=yes not all of it. */
await runProcess(
  peridot({
    applicationId: process.env.APP_ID!,
    bootstrapServers: process.env.BOOTSTRAP!,
    topology: new URL("./poison-topology.ts", import.meta.url),
    threads: 1,
    stateDir: process.env.STATE_DIR!,
    instanceId: "one",
    sessionTimeoutMs: 6_000,
    errors: {
      onDeserializationError: "deadLetter",
      onProcessingError: "deadLetter",
      onProductionError: process.env.LOSES === "yes" ? "continue" : "deadLetter",
      deadLetterTopic: process.env.DEAD!,
    },
  }),
);
