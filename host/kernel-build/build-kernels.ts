import { PeridotError } from "../errors.ts";
import { entryText, type KernelFile, kernelsOf } from "./entry.ts";
import { findAllocation } from "./find-allocation.ts";
import { addFuelPoints } from "./fuel-points.ts";
import { loadCompiler } from "./load-compiler.ts";
import { type Refusal, Rules } from "./refusals.ts";
import { ENTRY, SourceFiles } from "./source-files.ts";
import { type Compiler, type Diagnostic, placeIn, type Transform } from "./syntax.ts";

/** What a build has made. */
export interface BuiltModule {
  readonly wasm: Uint8Array<ArrayBuffer>;
  /** The kernels in it, by the names of their functions. */
  readonly kernels: readonly string[];
}

/** As for the built-in module (asconfig.json), and "unsafe" operations only in our own files. */
const OPTIONS =
  "--runtime stub --enable simd,bulk-memory --disableWarning 201 --maximumMemory 16384 --optimizeLevel 3 --shrinkLevel 0 --noUnsafe --baseDir /".split(
    " ",
  );

/**
 * Compiles users' kernels together with ours into one module: one memory, no copies.
 *
 * @param files AssemblyScript; each exported function is a kernel.
 * @param from the folder that their paths are relative to.
 * @throws PeridotError KERNEL_BUILD_FAILED, with every problem's file, line and column; KERNEL_COMPILER_MISSING.
 */
export async function buildKernels(files: readonly string[], from: string): Promise<BuiltModule> {
  const compiler = await loadCompiler();
  const build = new Build(compiler, new SourceFiles(from));
  return build.run(files);
}

class Build {
  readonly #compiler: Compiler;
  readonly #sources: SourceFiles;
  readonly #problems: Refusal[] = [];
  /** Of the files that the build was given, as they stand alone: for when the compiler gets no further. */
  readonly #firstRules: Rules;
  #judged = false;
  #wasm: Uint8Array<ArrayBuffer> | undefined;

  constructor(compiler: Compiler, sources: SourceFiles) {
    this.#compiler = compiler;
    this.#sources = sources;
    this.#firstRules = new Rules(compiler.assemblyscript);
  }

  async run(files: readonly string[]): Promise<BuiltModule> {
    const found = files.map((file) => this.#kernelsOf(file));
    this.#checkNames(found);
    if (this.#problems.length > 0) throw this.#failed();
    this.#sources.entry = entryText(found);
    const complaints: string[] = [];
    const { error } = await this.#compiler.asc.main([ENTRY, ...OPTIONS, "--outFile", "kernels.wasm"], {
      stdout: { write() {} },
      stderr: { write() {} },
      readFile: (name) => this.#sources.read(name),
      writeFile: (_, contents) => {
        this.#wasm = Uint8Array.from(contents as Uint8Array);
      },
      listFiles: () => [],
      transforms: [this.#transform()],
      reportDiagnostic: (diagnostic) => this.#report(diagnostic, complaints),
    });
    if (this.#problems.length > 0) throw this.#failed();
    if (error !== null || this.#wasm === undefined) {
      throw failed([error?.message ?? "nothing was written", ...complaints].join("\n"), error);
    }
    const kernels = found.flatMap(({ kernels }) => kernels.map(({ name }) => name));
    return { wasm: this.#wasm, kernels };
  }

  /** A first look at a file given to the build: its exports become the module's. */
  #kernelsOf(file: string): KernelFile {
    const path = this.#sources.pathOf(file);
    const text = this.#sources.read(path);
    if (text === null) throw failed(`${file} cannot be read`);
    if (!path.endsWith(".ts"))
      throw failed(`${file}: a kernel is AssemblyScript, in a file that ends in .ts`);
    const { assemblyscript } = this.#compiler;
    const parser = new assemblyscript.Parser();
    parser.parseFile(text, path, false);
    for (const { message, range } of parser.diagnostics) {
      this.#problems.push({ ...placeIn(path, text, range?.start ?? 0), says: message });
    }
    if (parser.diagnostics.length > 0) return { path, kernels: [] };
    this.#firstRules.read(parser.sources[0]!);
    const { kernels, others } = kernelsOf(parser.sources[0]!, assemblyscript);
    for (const { name, at } of others) {
      this.#problems.push({
        ...placeIn(path, text, at),
        says: `"${name}" is exported and no kernel: ${SHAPE}`,
      });
    }
    if (kernels.length + others.length === 0) {
      this.#problems.push({ path, line: 1, column: 1, says: `exports no kernel: ${SHAPE}` });
    }
    return { path, kernels };
  }

  #checkNames(files: readonly KernelFile[]): void {
    const homes = new Map<string, string>();
    for (const { path, kernels } of files) {
      for (const { name } of kernels) {
        const home = homes.get(name);
        if (home !== undefined && home !== path) {
          const says = `"${name}" is also exported by ${this.#sources.shown(home)}: give one of them another name`;
          this.#problems.push({ path, line: 1, column: 1, says });
        }
        homes.set(name, path);
      }
    }
  }

  #transform(): Transform {
    const { assemblyscript } = this.#compiler;
    const rules = new Rules(assemblyscript);
    return {
      afterParse: (parser) => {
        for (const source of parser.sources) {
          if (!this.#sources.isUsers(source.normalizedPath)) continue;
          rules.read(source);
          addFuelPoints(source, assemblyscript);
        }
      },
      afterInitialize: ({ elementsByName }) => {
        this.#judged = true;
        this.#problems.push(...rules.refusals((name) => elementsByName.has(name)));
        if (this.#problems.length > 0) throw this.#failed();
      },
      afterCompile: (module) => {
        const path = findAllocation(
          module.emitText(),
          (name) => this.#sources.isUsers(name) && !name.startsWith(ENTRY.replace(".ts", "")),
        );
        if (path.length > 0) throw failed(this.#allocation(path));
      },
    };
  }

  /** A function's name in the compiled module is its file's path, a slash and its name. */
  #allocation([caller, ...path]: readonly string[]): string {
    const cut = caller!.lastIndexOf("/");
    const file = this.#sources.shown(`${caller!.slice(0, cut)}.ts`);
    return `${file}: ${caller!.slice(cut + 1)} needs a heap, which kernels have not: it calls ${path.join(", which calls ")}. Join texts by writing their parts; compare them with Span.is`;
  }

  #report({ message, category, range }: Diagnostic, complaints: string[]): void {
    if (category !== ERROR_CATEGORY) return;
    const path = range?.source?.normalizedPath;
    const text = path === undefined ? null : this.#sources.read(path);
    if (path === undefined || text === null || !this.#sources.isUsers(path)) {
      complaints.push(path === undefined ? message : `${path}: ${message}`);
      return;
    }
    this.#problems.push({ ...placeIn(path, text, range!.start), says: message });
  }

  #failed(): PeridotError {
    if (!this.#judged) this.#problems.push(...this.#firstRules.refusals(() => false));
    this.#judged = true;
    return failed(
      this.#problems
        .map(({ path, line, column, says }) => `${this.#sources.shown(path)}:${line}:${column}: ${says}`)
        .join("\n"),
    );
  }
}

const SHAPE =
  "a kernel is export function name(row: Row, out: Emitter): void, or (batch: Batch, out: Emitter)";
/** DiagnosticCategory.Error of the compiler. */
const ERROR_CATEGORY = 3;

function failed(problems: string, cause?: unknown): PeridotError {
  return new PeridotError("KERNEL_BUILD_FAILED", { problems }, cause);
}
