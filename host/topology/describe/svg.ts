import { Graphviz } from "@hpcc-js/wasm-graphviz";
import type { Description } from "./description.ts";
import { asDot } from "./dot.ts";

/** Over the colours that Graphviz gives as attributes, which are those of light pages. */
const STYLE = `
text { fill: #1f2328 }
.node text:not(:last-of-type) { font-size: 9px }
.edge path, .edge polygon { stroke: #6e7781 } .edge polygon { fill: #6e7781 }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 }
  .node path, .node polygon { stroke: #8b949e }
  .cluster path { fill: #161b22; stroke: #3d444d }
  .source path { fill: #12361f } .sink path { fill: #0c2d4d } .processor path { fill: #21262d }
  .topic path:not([fill=none]) { fill: #3f3214 } .store path:not([fill=none]) { fill: #33254a }
}`;

/** The topology as a picture, for light and dark pages; laid out by Graphviz, which runs as WebAssembly. */
export async function asSvg(description: Description): Promise<string> {
  const graphviz = await Graphviz.load();
  const drawn = graphviz.layout(asDot(description), "svg", "dot");
  const count = description.subTopologies.length;
  const title = `Topology of ${count} sub-topolog${count === 1 ? "y" : "ies"}`;
  return drawn
    .slice(drawn.indexOf("<svg"))
    .replace("<svg", '<svg role="img" aria-labelledby="topology-title"')
    .replace(/<title>[^<]*<\/title>/, "") // Graphviz' name of the graph
    .replace(">", `>\n<title id="topology-title">${title}</title>\n<style>${STYLE}\n</style>`);
}
