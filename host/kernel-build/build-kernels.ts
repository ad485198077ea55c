import { PeridotError } from "../errors.ts";
import { withHint } from "./compiler-hints.ts";
import { entryText, type KernelFile, kernelsOf } from "./entry.ts";
import { type Allocation, findAllocations, lastName } from "./find-allocation.ts";
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
/** The module's text says then where each call stands. A module that is kept is compiled without. */
const WITH_LOCATIONS = ["--sourceMap"];

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
  #allocations: readonly Allocation[] = [];
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
    await this.#compile([]);
    const kernels = found.flatMap(({ kernels }) => kernels.map(({ name }) => name));
    return { wasm: this.#wasm!, kernels };
  }

  async #compile(options: readonly string[]): Promise<void> {
    const complaints: string[] = [];
    const words = [ENTRY, ...OPTIONS, ...options, "--outFile", "kernels.wasm"];
    const { error } = await this.#compiler.asc.main(words, {
      stdout: { write() {} },
      stderr: { write() {} },
      readFile: (name) => this.#sources.read(name),
      writeFile: (_, contents) => {
        this.#wasm = Uint8Array.from(contents as Uint8Array);
      },
      listFiles: () => [],
      transforms: [this.#transform(options === WITH_LOCATIONS)],
      reportDiagnostic: (diagnostic) => this.#report(diagnostic, complaints),
    });
    if (this.#problems.length > 0) throw this.#failed();
    if (this.#allocations.length > 0 && options !== WITH_LOCATIONS) {
      await this.#compile(WITH_LOCATIONS); // up to where allocations are looked for: it ends there
    }
    if (error !== null || this.#wasm === undefined) {
      throw failed([error?.message ?? "nothing was written", ...complaints].join("\n"), error);
    }
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

  #transform(withLocations: boolean): Transform {
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
        this.#allocations = findAllocations(module.emitText(), (path) => this.#sources.isUsersFunction(path));
        if (this.#allocations.length === 0) return;
        if (withLocations) this.#problems.push(...this.#allocations.map(refusalOf));
        throw failed("heap"); // ends the compiler's work: what is said of it is among the problems
      },
    };
  }

  #report({ message, category, range }: Diagnostic, complaints: string[]): void {
    if (category !== ERROR_CATEGORY) return;
    const path = range?.source?.normalizedPath;
    const text = path === undefined ? null : this.#sources.read(path);
    if (path === undefined || text === null || !this.#sources.isUsers(path)) {
      complaints.push(path === undefined ? message : `${path}: ${message}`);
      return;
    }
    this.#problems.push({ ...placeIn(path, text, range!.start), says: withHint(message) });
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

function refusalOf({ calls: [caller, ...path], constant, at }: Allocation): Refusal {
  const place = at ?? { path: `${caller!.slice(0, caller!.lastIndexOf("/"))}.ts`, line: 1, column: 1 };
  const by = path.map((name) => name.replace(/^~lib\//, "")).join(", which calls ");
  const who = constant === undefined ? lastName(caller!) : `the constant "${constant}"`;
  const remedy =
    constant === undefined
      ? (INSTEAD.find(([pattern]) => pattern.test(path[0]!))?.[1] ?? PIECES)
      : "Let it be a number, a bool, or one text that is written whole";
  return { ...place, says: `${who} needs a heap, which kernels have not: it calls ${by}. ${remedy}` };
}

const PIECES = "Write texts piece by piece, and use the functions of Span for the record's";
/** By the function of AssemblyScript's library that a kernel has called. */
const INSTEAD: readonly (readonly [RegExp, string])[] = [
  [/\/(?:F\d+|Number)#to\w+$/, "Write a number with out.value.number(n)"],
  [/\/[IU]\w+#to\w+$/, "Write an integer with out.value.integer(n)"],
  [/String(?:\.__|#)concat/, "Write the parts one after the other: out.value.text(…).span(…).integer(…)"],
];

const SHAPE =
  "a kernel is export function name(row: Row, out: Emitter): void, or (batch: Batch, out: Emitter)";
/** DiagnosticCategory.Error of the compiler. */
const ERROR_CATEGORY = 3;

function failed(problems: string, cause?: unknown): PeridotError {
  return new PeridotError("KERNEL_BUILD_FAILED", { problems }, cause);
}
