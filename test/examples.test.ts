import assert from "node:assert/strict";
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, suite, test } from "node:test";
import { pathToFileURL } from "node:url";
import { z } from "zod";
import * as api from "../host/index.ts";
import { buildKernels } from "../host/kernel-build/build-kernels.ts";
import { loadTopology } from "../host/load-topology.ts";
import { describe } from "../host/topology/describe/describe.ts";
import { docstringExamples, publicFiles, runProgram, SnippetFolder } from "./snippets.ts";

const root = join(import.meta.dirname, "..");
const stateRoot = mkdtempSync(join(tmpdir(), "peridot-examples-"));
after(() => rmSync(stateRoot, { recursive: true, force: true }));

/** Kernels of examples, as their authors build them. */
for (const folder of globSync("examples/*/kernels", { cwd: root })) {
  const files = globSync("*.ts", { cwd: join(root, folder) });
  const { wasm } = await buildKernels(files, join(root, folder));
  mkdirSync(join(root, folder, "../build"), { recursive: true });
  writeFileSync(join(root, folder, "../build/kernels.wasm"), wasm);
}

suite("examples print what stands beside them", () => {
  for (const file of globSync("examples/*/main.ts", { cwd: root }).sort()) {
    test(file, () => {
      const expected = readFileSync(join(root, file, "..", "expected.txt"), "utf8");
      assert.equal(runProgram(join(root, file), stateRoot), expected);
    });
  }
});

suite("pictures of examples show their topologies", () => {
  for (const file of globSync("examples/*/topology.svg", { cwd: root }).sort()) {
    test(file, async () => {
      const module = pathToFileURL(join(root, file, "..", "topology.ts"));
      assert.equal(
        readFileSync(join(root, file), "utf8"),
        await describe(await loadTopology(module), "svg"),
        `make it anew: npx peridot describe ${file.replace(/svg$/, "ts")} --out ${file}`,
      );
    });
  }
});

suite("tests of examples pass", () => {
  for (const file of globSync("examples/*/*.test.ts", { cwd: root }).sort()) {
    test(file, () => assert.match(runProgram(join(root, file), stateRoot), /# fail 0|ℹ fail 0/));
  }
});

const examples = publicFiles().flatMap(docstringExamples);

/** What examples in docstrings take as given. */
const Client = z.object({
  name: z.string(),
  owner: z.array(z.string()),
  State: z.string(),
  Age: z.number(),
  Address: z.string(),
  Pincode: z.string(),
});
const Order = z.object({ Id: z.string(), Price: z.number(), Quantity: z.int(), Limit: z.number() });
const GLOBALS = `
import type * as api from "peridot-streams";
import type { z as zod } from "zod";
declare global {
  const { ${Object.keys(api).join(", ")} }: typeof api;
  const Client: zod.ZodObject<{ name: zod.ZodString; owner: zod.ZodArray<zod.ZodString>; State: zod.ZodString;
    Age: zod.ZodNumber; Address: zod.ZodString; Pincode: zod.ZodString }>;
  const builder: api.StreamsBuilder;
  const clients: api.KStream<string, zod.infer<typeof Client>, "key" | "value">;
  const orders: api.KStream<string, { Id: string; Price: number; Quantity: number; Limit: number }, "key" | "value">;
  const topology: URL;
  const kernels: URL;
}
`;

suite("examples in docstrings", () => {
  test("are there", () => assert.ok(examples.length >= 8, `${examples.length} examples`));

  test("type-check as they stand", () => {
    const folder = new SnippetFolder();
    after(() => folder.remove());
    assert.equal(folder.check(examples, GLOBALS), "");
  });

  for (const { at, code } of examples) {
    test(`${at} runs on the embedded broker`, async () => {
      const given: Record<string, unknown> = { ...api, ...scene(), Client };
      const names = Object.keys(given).filter((name) => !new RegExp(`const ${name}\\b`).test(code));
      const body = stripTypeScriptTypes(code);
      const run = new Function(...names, `return (async () => {${body}\n})()`);
      await run(...names.map((name) => given[name]));
    });
  }
});

/** A broker with the topics that the examples name; applications come to it, whatever brokers they name, and close. */
function scene() {
  const broker = new api.EmbeddedBroker({ clock: api.systemClock, random: Math.random });
  for (const topic of ["clientTopic", "genericTopic", "in", "out"]) broker.createTopic(topic);
  const builder = new api.StreamsBuilder();
  const peridot = ({ bootstrapServers: _, ...config }: api.PeridotConfig) => {
    const app = api.peridot({ ...config, transport: api.memoryTransport(broker), stateDir: stateRoot });
    app.run = async () => {
      await app.start();
      await app.close();
    };
    return app;
  };
  return {
    builder,
    clients: builder.stream("clients", { key: api.string, value: api.json(Client) }),
    orders: builder.stream("orders", { key: api.string, value: api.json(Order) }),
    topology: new URL("./app/topologies/steered.ts", import.meta.url),
    kernels: new URL("../examples/kernel/build/kernels.wasm", import.meta.url),
    peridot,
  };
}
