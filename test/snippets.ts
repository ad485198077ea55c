import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");

/** A piece of TypeScript out of a text. */
export interface Snippet {
  /** Where it begins: file:line. */
  readonly at: string;
  readonly code: string;
}

/** The ```ts blocks of a Markdown file. */
export function markdownSnippets(file: string): readonly Snippet[] {
  const text = readFileSync(join(root, file), "utf8");
  return [...text.matchAll(/^```ts\n(.*?)^```$/gms)].map((match) => ({
    at: `${file}:${lineAt(text, match.index) + 1}`,
    code: match[1]!,
  }));
}

/** The @example parts of a file's docstrings. */
export function docstringExamples(file: string): readonly Snippet[] {
  const text = readFileSync(join(root, file), "utf8");
  return [...text.matchAll(/^ *\* @example\n(.*?)(?=^ *\* @|^ *\*\/)/gms)].map((match) => ({
    at: `${file}:${lineAt(text, match.index) + 1}`,
    code: match[1]!.replace(/^ *\* ?/gm, ""),
  }));
}

/** Files that host/index.ts exports names of. */
export function publicFiles(): readonly string[] {
  const index = readFileSync(join(root, "host/index.ts"), "utf8");
  const direct = [...index.matchAll(/from "\.\/([^"]+)"/g)].map(([, file]) => `host/${file}`);
  const serdes = readFileSync(join(root, "host/serdes/index.ts"), "utf8");
  const nested = [...serdes.matchAll(/from "\.\/([^"]+)"/g)].map(([, file]) => `host/serdes/${file}`);
  return [...new Set([...direct, ...nested])];
}

function lineAt(text: string, at: number): number {
  return text.slice(0, at).split("\n").length;
}

/** A folder outside of the project in which "peridot-streams" is the source, and packages are the project's. */
export class SnippetFolder {
  readonly path = mkdtempSync(join(tmpdir(), "peridot-snippets-"));

  constructor() {
    symlinkSync(join(root, "node_modules"), join(this.path, "node_modules"));
    writeFileSync(join(this.path, "package.json"), '{ "type": "module" }');
  }

  /** What the compiler says of each snippet as a module of its own; "": nothing. */
  check(snippets: readonly Snippet[], globals: string): string {
    mkdirSync(join(this.path, "checked"));
    writeFileSync(join(this.path, "checked", "globals.d.ts"), globals);
    for (const [index, { code }] of snippets.entries())
      writeFileSync(join(this.path, "checked", `${index}.ts`), `${code}\nexport {};\n`);
    const config = {
      extends: join(root, "tsconfig.json"),
      compilerOptions: {
        paths: { "peridot-streams": [join(root, "host/index.ts")] },
        typeRoots: [join(root, "node_modules/@types")],
        noUnusedLocals: false,
        noUnusedParameters: false,
      },
      include: ["checked"],
    };
    writeFileSync(join(this.path, "tsconfig.json"), JSON.stringify(config));
    const tsc = join(root, "node_modules/typescript/bin/tsc");
    const { stdout } = spawnSync(process.execPath, [tsc, "-p", "tsconfig.json"], {
      cwd: this.path,
      encoding: "utf8",
    });
    return stdout.replace(
      /checked\/(\d+)\.ts\((\d+)/g,
      (_, index, line) => `${snippets[Number(index)]!.at} (its line ${line}`,
    );
  }

  /** Runs a snippet as a program. @returns what it prints; fails where it fails. */
  run(name: string, { at, code }: Snippet): string {
    writeFileSync(join(this.path, name), code);
    return runProgram(join(this.path, name), this.path, at);
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** Runs a program in which "peridot-streams" is the source; what it keeps on disk goes to `stateRoot`. */
export function runProgram(file: string, stateRoot: string, name = file): string {
  const hook = join(root, "test/peridot-from-source.ts");
  const { status, stdout, stderr } = spawnSync(process.execPath, ["--import", hook, file], {
    encoding: "utf8",
    env: { ...process.env, TMPDIR: stateRoot, NODE_TEST_CONTEXT: undefined },
  });
  if (status !== 0) throw new Error(`${name} ended with status ${status}:\n${stdout}${stderr}`);
  return stdout;
}
