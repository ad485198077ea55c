import { PAD_BYTES } from "../../kernels/abi/limits.ts";
import { ABI_VERSION } from "../../kernels/abi/version.ts";
import { PeridotError } from "../errors.ts";
import type { KernelExports, UserExport, UserKernelExports } from "./kernel-exports.ts";
import { Instance, RuntimeError, type WasmModule } from "./web-assembly.ts";

/** Bytes of a page of linear memory. */
const PAGE_BYTES = 65536;

/**
 * An instance of the kernel module with the views of its memory. Its views are made anew when memory has grown,
 * so they are to be asked for after each call.
 */
export class LinearMemory {
  readonly bytesMax: number;
  readonly #exports: KernelExports;
  #bytes: Buffer;
  #words: Int32Array;
  #dead = false;
  #abort = "";

  /** @param path how the user knows the module. Errors: KERNEL_ABI_DIFFERS. */
  constructor(module: WasmModule, bytesMax: number, path: string) {
    const abort = (message: number, file: number, line: number, column: number) => {
      this.#abort = `${this.textAt(message)} at ${this.textAt(file)}:${line}:${column}`;
      throw new RuntimeError(this.#abort);
    };
    const instance = new Instance(module, { env: { abort } });
    this.#exports = instance.exports as unknown as KernelExports;
    const found = this.#exports.abiVersion();
    if (found !== ABI_VERSION) {
      throw new PeridotError("KERNEL_ABI_DIFFERS", { module: path, found, expected: ABI_VERSION });
    }
    this.#bytes = Buffer.from(this.#exports.memory.buffer);
    this.#words = new Int32Array(this.#exports.memory.buffer);
    this.bytesMax = bytesMax;
    this.#exports.memoryBound(Math.floor(bytesMax / PAGE_BYTES));
  }

  get dead(): boolean {
    return this.#dead;
  }

  /** The exports, to be called through `call` or with the same care. Errors: KERNEL_DEAD. */
  get live(): KernelExports {
    if (this.#dead) throw new PeridotError("KERNEL_DEAD");
    return this.#exports;
  }

  /** What a module that the build has made exports beside the built-in kernels. */
  get user(): UserKernelExports {
    return this.live as UserKernelExports;
  }

  /** A user's kernel. */
  userExport(name: string): UserExport {
    return (this.live as unknown as Readonly<Record<string, UserExport>>)[name]!;
  }

  get bytes(): Buffer {
    this.#refresh();
    return this.#bytes;
  }

  /** The same memory in words of 4 bytes: the word at `address` is `words[address >> 2]`. */
  get words(): Int32Array {
    this.#refresh();
    return this.#words;
  }

  wordAt(address: number): number {
    return this.words[address >> 2]!;
  }

  /** The instance is finished: a call of its exports has thrown. @returns what an assertion said, or the trap. */
  end(cause: unknown): string {
    this.#dead = true;
    return this.#abort || (cause instanceof Error ? cause.message : String(cause));
  }

  /** Raises KERNEL_MEMORY_FULL for a negative result, which has that one meaning in all calls but `decode`. */
  fitted(result: number, what: string): number {
    if (result < 0) throw this.full(what);
    return result;
  }

  full(what: string): PeridotError {
    return new PeridotError("KERNEL_MEMORY_FULL", { bytesMax: this.bytesMax, what });
  }

  /** A block of the module's memory, and padding behind it. Errors: KERNEL_MEMORY_FULL. */
  allocate(bytes: number, what: string): number {
    const address = this.call((kernels) => kernels.allocate(bytes + PAD_BYTES));
    if (address === 0) throw this.full(what);
    return address;
  }

  release(address: number): void {
    if (!this.#dead) this.call((kernels) => kernels.release(address));
  }

  /** Calls into the module. Errors: KERNEL_DEAD; KERNEL_TRAPPED, and the instance is dead from then on. */
  call<Result>(run: (kernels: KernelExports) => Result): Result {
    const kernels = this.live;
    try {
      return run(kernels);
    } catch (error) {
      throw new PeridotError("KERNEL_TRAPPED", { what: this.end(error) }, error);
    }
  }

  #refresh(): void {
    if (this.#bytes.byteLength !== 0 && this.#bytes.buffer === this.#exports.memory.buffer) return;
    this.#bytes = Buffer.from(this.#exports.memory.buffer);
    this.#words = new Int32Array(this.#exports.memory.buffer);
  }

  /** A string of the AssemblyScript compiler: UTF-16, its bytes counted in the word before it. */
  textAt(address: number): string {
    if (address === 0) return "";
    return this.bytes.toString("utf16le", address, address + this.wordAt(address - 4));
  }
}
