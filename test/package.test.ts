import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, suite, test } from "node:test";
import { kernelsIn } from "../host/wasm/kernel-module.ts";
import { Module } from "../host/wasm/web-assembly.ts";

/** What `npm run build` and `npm pack` make, installed into an empty project as a user would. */
const root = join(import.meta.dirname, "..");

suite("the package", () => {
  const project = mkdtempSync(join(tmpdir(), "peridot-package-"));
  after(() => rmSync(project, { recursive: true, force: true }));

  const inProject = (command: string, ...args: string[]) =>
    execFileSync(command, args, { cwd: project, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });

  test("is packed with what it needs and nothing else", () => {
    assert.ok(existsSync(join(root, "dist", "host", "index.js")), "dist/ is missing: npm run build makes it");
    const [packed] = JSON.parse(
      execFileSync("npm", ["pack", "--ignore-scripts", "--json", "--pack-destination", project], {
        cwd: root,
        encoding: "utf8",
      }),
    ) as [{ filename: string; files: { path: string }[] }];
    const paths = packed.files.map(({ path }) => path);
    for (const needed of [
      "dist/host/index.js",
      "dist/host/index.d.ts",
      "dist/kernels/build/kernels.wasm",
      "kernels/kernel.ts",
      "kernels/author/kernel.d.ts",
      "LICENSE",
      "README.md",
    ]) {
      assert.ok(paths.includes(needed), `${needed} is not in the package`);
    }
    const strangers = paths.filter(
      (path) => !/^(dist\/|kernels\/|(LICENSE|README\.md|package\.json)$)/.test(path),
    );
    assert.deepEqual(strangers, []);
    cpSync(join(project, packed.filename), join(project, "peridot.tgz"));
  });

  test("installs into an empty project, and runs an application there", () => {
    writeFileSync(
      join(project, "package.json"),
      JSON.stringify({ name: "user", version: "1.0.0", type: "module" }),
    );
    inProject("npm", "install", "--no-audit", "--no-fund", "--prefer-offline", "./peridot.tgz");
    cpSync(join(root, "test", "package", "app.js"), join(project, "app.js"));
    assert.equal(inProject(process.execPath, "app.js"), "a=1 b=2 c=3\n");
  });

  test("works without librdkafka's package, and says how to add it", () => {
    const code = `import("peridot-streams").then(({ librdkafkaTransport }) => {
      try { librdkafkaTransport({ bootstrapServers: "localhost:9092" }); }
      catch ({ code, message }) { console.log(code, message); }
    })`;
    const said = inProject(process.execPath, "-e", code);
    assert.match(said, /^LIBRDKAFKA_UNAVAILABLE .* npm install @confluentinc\/kafka-javascript/);
  });

  test("has a bin that answers", () => {
    const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
    const said = inProject(process.execPath, join(project, "node_modules", ".bin", "peridot"), "--version");
    assert.equal(said.trim(), version);
  });

  test("has a bin that describes a module of the project", () => {
    writeFileSync(
      join(project, "topology.js"),
      `import { string } from "peridot-streams";
       export default (builder) => builder.stream("in", { key: string, value: string }).to("out");`,
    );
    const bin = join(project, "node_modules", ".bin", "peridot");
    const said = inProject(process.execPath, bin, "describe", "topology.js");
    assert.match(said, /Source: KSTREAM-SOURCE-0000000000 \(topics: \[in\]\)\n.*\n.*\(topic: out\)/);
  });

  test("builds a kernel of the project, once there is a compiler", () => {
    writeFileSync(
      join(project, "shout.ts"),
      `import { Emitter, Row } from "peridot-streams/kernel";
       export function shout(row: Row, out: Emitter): void {
         out.value.span(row.value.upper()).text("!");
         out.emit();
       }`,
    );
    const bin = join(project, "node_modules", ".bin", "peridot");
    assert.throws(
      () => inProject(process.execPath, bin, "kernel", "build", "shout.ts"),
      /not installed\. Add it to your project: npm install --save-dev assemblyscript@0\.28\.20/,
    );
    for (const name of ["assemblyscript", "binaryen", "long"]) {
      cpSync(join(root, "node_modules", name), join(project, "node_modules", name), { recursive: true });
    }
    const said = inProject(
      process.execPath,
      bin,
      "kernel",
      "build",
      "shout.ts",
      "--out",
      "built/kernels.wasm",
    );
    assert.match(said, /^built\/kernels\.wasm: shout \(\d+ kB\)\n$/);
    const module = new Module(readFileSync(join(project, "built", "kernels.wasm")));
    assert.deepEqual(
      Module.imports(module).map(({ module: from, name }) => `${from}.${name}`),
      ["env.abort"],
    );
    assert.deepEqual(kernelsIn(module), ["shout"]);
  });
});
