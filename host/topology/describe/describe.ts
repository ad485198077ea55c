import { PeridotError } from "../../errors.ts";
import type { LogicalTopology } from "../node.ts";
import { describeTopology } from "./describe-topology.ts";
import { asDot } from "./dot.ts";
import { asMermaid } from "./mermaid.ts";
import { asText } from "./text.ts";

/**
 * How a topology is told: as Kafka Streams' `Topology#describe` tells it, as a Mermaid flowchart, in Graphviz'
 * language, or as a picture.
 */
export type DescriptionFormat = "text" | "mermaid" | "dot" | "svg";

export const DESCRIPTION_FORMATS: readonly DescriptionFormat[] = ["text", "mermaid", "dot", "svg"];

/** @throws CONFIG_INVALID for another format */
export async function describe(
  topology: LogicalTopology,
  format: DescriptionFormat = "text",
): Promise<string> {
  const description = describeTopology(topology);
  switch (format) {
    case "text":
      return asText(description);
    case "mermaid":
      return asMermaid(description);
    case "dot":
      return asDot(description);
    case "svg": {
      const { asSvg } = await import("./svg.ts"); // Graphviz is loaded where it is asked for
      return asSvg(description);
    }
    default: {
      const unknown: never = format;
      throw new PeridotError("CONFIG_INVALID", {
        option: "the format of describe()",
        problem: `is ${String(unknown)}`,
        remedy: `Choose one of ${DESCRIPTION_FORMATS.join(", ")}`,
      });
    }
  }
}
