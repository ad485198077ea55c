import { writeFileSync } from "node:fs";
import { extname, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { loadTopology } from "../load-topology.ts";
import { DESCRIPTION_FORMATS, type DescriptionFormat, describe } from "../topology/describe/describe.ts";

export const DESCRIBE_USAGE = `peridot describe MODULE [--format text|mermaid|dot|svg] [--out FILE]
           prints the topology that a module builds, or writes it to FILE; text: as Kafka Streams writes it.
           Without --format the file's ending tells: .txt, .mmd, .dot, .svg.
           MODULE's default export is (builder: StreamsBuilder) => void.`;

const ENDINGS: ReadonlyMap<string, DescriptionFormat> = new Map([
  [".txt", "text"],
  [".mmd", "mermaid"],
  [".dot", "dot"],
  [".svg", "svg"],
]);

/** @returns what is wrong with the words, if something is. */
export async function describeModule(words: readonly string[]): Promise<string | undefined> {
  const { values, positionals } = parseArgs({
    args: [...words],
    allowPositionals: true,
    options: { format: { type: "string" }, out: { type: "string" } },
  });
  const [module, ...rest] = positionals;
  if (module === undefined || rest.length > 0) return "describe takes one module";
  const format = DESCRIPTION_FORMATS.find((each) => each === (values.format ?? formatOf(values.out)));
  if (format === undefined) {
    return values.format === undefined
      ? `no format is known by the ending of ${values.out}: give --format`
      : `there is no format ${values.format}`;
  }
  const described = await describe(await loadTopology(pathToFileURL(resolve(module))), format);
  if (values.out === undefined) process.stdout.write(described);
  else writeFileSync(values.out, described);
  return undefined;
}

function formatOf(out: string | undefined): DescriptionFormat | undefined {
  return out === undefined ? "text" : ENDINGS.get(extname(out));
}
