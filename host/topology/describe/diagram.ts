import {
  type DescribedNode,
  type DescribedSink,
  type DescribedSource,
  type Description,
  parentsOf,
} from "./description.ts";

/** A topology as boxes and arrows: what Mermaid and DOT both draw. */
export interface Diagram {
  /** One for each sub-topology. */
  readonly frames: readonly Frame[];
  /** Topics, which stand between frames: those that are read first, each in the order in which they are met. */
  readonly topics: readonly Box[];
  /** From where records come to where they go; "store": a processor with its store, no direction. */
  readonly arrows: readonly Arrow[];
}

export interface Frame {
  readonly title: string;
  readonly boxes: readonly Box[];
}

export interface Box {
  /** A word, unique: "n3". */
  readonly id: string;
  /** "topics": all that match a pattern. "chosen topic": a function of the record tells which. */
  readonly kind:
    | "source"
    | "processor"
    | "sink"
    | "store"
    | "topic"
    | "internal topic"
    | "topics"
    | "chosen topic";
  /** What the box shows: its name, below what it does if that is no matter of course. */
  readonly lines: readonly string[];
  /** For those who cannot see the picture; unique. */
  readonly title: string;
}

export interface Arrow {
  readonly from: Box;
  readonly to: Box;
  readonly kind: "record" | "store";
}

export function diagramOf({ subTopologies }: Description): Diagram {
  const boxes = new Map<string, Box>();
  const arrows: Arrow[] = [];
  const boxOf = (kind: Box["kind"], name: string, does?: string): Box => {
    const title = `${kind} ${name}`;
    const met = boxes.get(title);
    if (met !== undefined) return met;
    const box = { id: `n${boxes.size}`, kind, lines: does === undefined ? [name] : [does, name], title };
    boxes.set(title, box);
    return box;
  };
  const nodeBox = (node: DescribedNode): Box =>
    boxOf(node.kind, node.name, node.kind === "processor" ? node.method : node.kind);

  const topics = new Set<Box>();
  const topicBox = (topic: Topic): Box => {
    const box =
      "pattern" in topic
        ? boxOf("topics", `/${topic.pattern}/`)
        : "extractor" in topic
          ? boxOf("chosen topic", topic.extractor, "topic by")
          : boxOf(topic.internal ? "internal topic" : "topic", topic.name);
    topics.add(box);
    return box;
  };

  const everyNode = subTopologies.flatMap((each) => each.nodes);
  for (const source of everyNode.filter((node) => node.kind === "source")) {
    for (const topic of topicsOf(source))
      arrows.push({ from: topicBox(topic), to: nodeBox(source), kind: "record" });
  }
  const frames = subTopologies.map(({ id, nodes }): Frame => {
    const byName = new Map(nodes.map((node) => [node.name, nodeBox(node)]));
    const inside = new Set(byName.values());
    for (const node of nodes) {
      const to = nodeBox(node);
      for (const parent of parentsOf(node)) arrows.push({ from: byName.get(parent)!, to, kind: "record" });
      for (const name of node.kind === "processor" ? node.stores : []) {
        const store = boxOf("store", name);
        inside.add(store);
        arrows.push({ from: to, to: store, kind: "store" });
      }
      if (node.kind === "sink") arrows.push({ from: to, to: topicBox(node.topic), kind: "record" });
    }
    return { title: `Sub-topology ${id}`, boxes: [...inside] };
  });
  return { frames, topics: [...topics], arrows };
}

type Topic = DescribedSink["topic"] | { readonly pattern: string };

function topicsOf({ topics }: DescribedSource): readonly Topic[] {
  return "pattern" in topics ? [topics] : topics;
}
