import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";

/** A folder of kernels in a user's project, as an editor sees it: what authors import is kernels/author/kernel.d.ts. */
const root = join(import.meta.dirname, "../..");
const folder = mkdtempSync(join(tmpdir(), "peridot-editor-"));
after(() => rmSync(folder, { recursive: true, force: true }));
mkdirSync(join(folder, "node_modules"));
symlinkSync(root, join(folder, "node_modules", "peridot-streams"));
symlinkSync(join(root, "node_modules", "assemblyscript"), join(folder, "node_modules", "assemblyscript"));
writeFileSync(
  join(folder, "tsconfig.json"),
  '{ "extends": "assemblyscript/std/assembly.json", "compilerOptions": { "skipLibCheck": true }, "include": ["*.ts"] }',
);

function check(): string {
  const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
  return spawnSync(process.execPath, [tsc, "--noEmit"], { cwd: folder, encoding: "utf8" }).stdout;
}

test("kernels that build type-check in an editor", () => {
  cpSync(join(root, "test/kernels/authors"), folder, { recursive: true });
  assert.equal(check(), "");
});

test("what the library does not have is an error there, too", () => {
  writeFileSync(
    join(folder, "wrong.ts"),
    `import { Emitter, Row } from "peridot-streams/kernel";
export function wrong(row: Row, out: Emitter): void {
  out.key.__cursor = 0;
  out.key.span("text");
  new Row();
}
`,
  );
  assert.deepEqual(
    [...check().matchAll(/^wrong\.ts\((\d+),/gm)].map(([, line]) => line),
    ["3", "4", "5"],
  );
});

test("the declarations name every member of the classes, and no other", () => {
  const declared = classesOf(readFileSync(join(root, "kernels/author/kernel.d.ts"), "utf8"));
  for (const [name, members] of declared) {
    const source = classesOf(readFileSync(join(root, `kernels/author/${name.toLowerCase()}.ts`), "utf8"));
    assert.deepEqual(members, source.get(name), name);
  }
  assert.deepEqual([...declared.keys()].sort(), ["Batch", "Emitter", "Json", "Row", "Span", "Writer"]);
});

/** Public members by class: what begins with two underscores is ours. */
function classesOf(text: string): Map<string, string[]> {
  const classes = text.matchAll(/^export (?:declare )?class (\w+) \{\n(.*?)^\}/gms);
  return new Map(
    [...classes].map(([, name, body]) => {
      const members = body!.matchAll(/^ {2}(?:get |readonly )?(\w+)[(:]/gm);
      const names = [...members].map(([, member]) => member!);
      return [name!, names.filter((member) => !/^__|^constructor$/.test(member)).sort()];
    }),
  );
}
