import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Files by their path from the project's root, with `/` between folders. */
export type Tree = ReadonlyMap<string, string>;

/** What a rule has against a file. Line 0: the file as a whole. */
export interface Finding {
  readonly file: string;
  readonly line: number;
  readonly says: string;
}

export type Rule = (tree: Tree) => readonly Finding[];

const TEXT_FILES = "**/*.{ts,md,json,yml,yaml,sh,fbs,java,xml,properties,txt}";
const NOT_OURS = [
  "node_modules/**",
  "dist/**",
  "build/**",
  "**/generated/**",
  "test/golden/**/*.{json,txt,md}",
  "package-lock.json",
];

/** The project's own text files; generated ones and golden data are somebody else's words. */
export function readTree(root: string): Tree {
  const files = [...globSync(TEXT_FILES, { cwd: root, exclude: NOT_OURS }), ".ci/run"].sort();
  return new Map(files.map((file) => [file.replaceAll("\\", "/"), readFileSync(join(root, file), "utf8")]));
}

/** The TypeScript files below any of the folders, `host/` for example. */
export function* filesBelow(
  tree: Tree,
  ...folders: readonly string[]
): Generator<[file: string, text: string]> {
  for (const [file, text] of tree) {
    if (file.endsWith(".ts") && folders.some((folder) => file.startsWith(folder))) yield [file, text];
  }
}

/** One finding for each match of a pattern (with the flag `g`) in a text. */
export function findingsOf(
  file: string,
  text: string,
  pattern: RegExp,
  says: string | ((match: RegExpMatchArray) => string),
): Finding[] {
  return [...text.matchAll(pattern)].map((match) => ({
    file,
    line: lineAt(text, match.index),
    says: typeof says === "string" ? says : says(match),
  }));
}

export function lineAt(text: string, index: number): number {
  return text.slice(0, index).split("\n").length;
}
