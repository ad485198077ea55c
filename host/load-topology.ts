import { StreamsBuilder } from "./dsl/streams-builder.ts";
import { PeridotError } from "./errors.ts";
import type { LogicalTopology } from "./topology/node.ts";

/**
 * Builds the topology of a module whose default export is `(builder: StreamsBuilder) => void`, so that the main
 * thread and each worker have functions of their own: module state is per thread.
 */
export async function loadTopology(module: URL): Promise<LogicalTopology> {
  let exported: unknown;
  try {
    const loaded: unknown = await import(module.href);
    exported =
      typeof loaded === "object" && loaded !== null && "default" in loaded ? loaded.default : undefined;
  } catch (error) {
    if (error instanceof PeridotError) throw error;
    throw invalid(module, `cannot be loaded: ${textOf(error)}`, error);
  }
  if (typeof exported !== "function") throw invalid(module, "has no function as its default export");
  const builder = new StreamsBuilder();
  try {
    await exported(builder);
  } catch (error) {
    if (error instanceof PeridotError) throw error;
    throw invalid(module, `threw ${textOf(error)}`, error);
  }
  return builder.build();
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function invalid(module: URL, problem: string, cause?: unknown): PeridotError {
  return new PeridotError(
    "TOPOLOGY_INVALID",
    {
      problem: `the topology module ${module.href} ${problem}`,
      remedy: "Write: export default function (builder: StreamsBuilder) { builder.stream(…) }",
    },
    cause,
  );
}
