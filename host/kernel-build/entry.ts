import type { AnyNode, Compiler, Source } from "./syntax.ts";

/** An exported function of a user's file that is a kernel. */
export interface FoundKernel {
  readonly name: string;
  readonly form: "rows" | "batch";
}

export interface KernelFile {
  /** As the compiler knows it, with its ending. */
  readonly path: string;
  readonly kernels: readonly FoundKernel[];
}

/** What a user's exported functions are, and which of them is no kernel. */
export function kernelsOf(source: Source, compiler: Compiler["assemblyscript"]) {
  const kernels: FoundKernel[] = [];
  const others: { readonly name: string; readonly at: number }[] = [];
  for (const statement of source.statements as readonly AnyNode[]) {
    const isExport = ((statement.flags ?? 0) & compiler.CommonFlags.Export) !== 0;
    if (!isExport || compiler.NodeKind[statement.kind] !== "FunctionDeclaration") continue;
    const name = statement.name!.text!;
    const types = statement.signature!.parameters.map((parameter) => typeName(parameter.type));
    const returns = typeName(statement.signature!.returnType);
    const first = types[0];
    if (
      types.length === 2 &&
      types[1] === "Emitter" &&
      returns === "void" &&
      (first === "Row" || first === "Batch")
    ) {
      kernels.push({ name, form: first === "Row" ? "rows" : "batch" });
    } else others.push({ name, at: statement.range.start });
  }
  return { kernels, others };
}

function typeName(type: AnyNode | undefined): string {
  return type?.name?.identifier?.text ?? "";
}

/** A kernel's export: `shout` is `kernel_shout`, so that no name of an author's is one of ours. */
export const EXPORT_PREFIX = "kernel_";

/**
 * The module's entry: everything of the built-in module, and for each kernel a function over a batch, with the
 * author's inlined or called directly.
 */
export function entryText(files: readonly KernelFile[]): string {
  const library = "peridot-streams";
  const kernels = files.flatMap(({ path, kernels }) => kernels.map((kernel) => ({ ...kernel, path })));
  const imports = kernels.map(
    ({ name, path }, index) =>
      `import { ${name} as user${index} } from ${JSON.stringify(`./${path.replace(/\.ts$/, "")}`)};`,
  );
  return `export * from "${library}/index";
import { beginBatch, beginRun, endBatch, endRow, endRun, nextRow, noRun, runAt } from "${library}/author/calls";
import { outputFree, outputNew } from "${library}/author/output";
import { RUN } from "${library}/author/run";
import { Batch, Emitter, Row } from "${library}/kernel";
${imports.join("\n")}
export { outputFree, outputNew, runAt };
${kernels.map(({ name, form }, index) => wrapper(name, form, index)).join("")}`;
}

function wrapper(name: string, form: FoundKernel["form"], index: number): string {
  const loop =
    form === "rows"
      ? `while (nextRow()) {
    user${index}(changetype<Row>(RUN), changetype<Emitter>(RUN));
    endRow();
  }`
      : `while (beginBatch()) {
    user${index}(changetype<Batch>(RUN), changetype<Emitter>(RUN));
    endBatch();
  }`;
  return `
export function ${EXPORT_PREFIX}${name}(
  output: usize, batch: usize, selection: usize, decoded: usize, descriptor: usize, from: i32, fuel: i64,
): i32 {
  if (!beginRun(output, batch, selection, decoded, descriptor, from, fuel)) return noRun();
  ${loop}
  return endRun(output);
}
`;
}
