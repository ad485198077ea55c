/**
 * The part of the WebAssembly JavaScript interface that we use: TypeScript describes it in its browser library
 * only (https://www.w3.org/TR/wasm-js-api-2/).
 */
interface WebAssemblyApi {
  readonly Module: {
    new (bytes: Uint8Array<ArrayBuffer>): WasmModule;
    exports(module: WasmModule): readonly { readonly name: string; readonly kind: string }[];
    imports(module: WasmModule): readonly { readonly module: string; readonly name: string }[];
  };
  readonly Instance: new (
    module: WasmModule,
    imports: Readonly<Record<string, Readonly<Record<string, (...values: number[]) => unknown>>>>,
  ) => { readonly exports: Readonly<Record<string, unknown>> };
  readonly RuntimeError: new (message: string) => Error;
}

declare const compiled: unique symbol;

/** Compiled code, without state: may be sent to workers by postMessage. */
export interface WasmModule {
  readonly [compiled]: true;
}

/** Linear memory. Growth detaches the buffer and puts another in its place. */
export interface WasmMemory {
  readonly buffer: ArrayBuffer;
}

export const { Module, Instance, RuntimeError } = (
  globalThis as unknown as { readonly WebAssembly: WebAssemblyApi }
).WebAssembly;
