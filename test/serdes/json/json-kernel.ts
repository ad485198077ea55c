import { descriptorOf } from "../../../host/serdes/json/descriptor.ts";
import { layoutOf, type TableLayout } from "../../../host/serdes/json/layout.ts";
import type { ValueSchema } from "../../../host/serdes/json/value-schema.ts";
import type { ProjectedField } from "../../../host/topology/serde.ts";
import { kernelModule } from "../../../host/wasm/kernel-module.ts";
import { Instance } from "../../../host/wasm/web-assembly.ts";

interface JsonExports {
  readonly memory: { readonly buffer: ArrayBuffer };
  allocate(bytes: number): number;
  release(address: number): void;
  jsonBegin(descriptor: number, target: number): number;
  jsonDecode(descriptor: number, source: number, length: number, row: number): number;
  jsonErrorAt(descriptor: number): number;
  jsonRowBytesMax(descriptor: number, length: number): number;
  jsonEncode(descriptor: number, row: number, target: number): number;
  jsonEncodeBytesMax(descriptor: number, rowBytes: number): number;
}

export interface Refusal {
  readonly code: number;
  readonly at: number;
}

/** What stands in the 64 bytes behind a value: digits, quotes and braces that must never be taken for its own. */
const HOSTILE_PADDING = Buffer.from(
  '11111111"}]}1e5,"a":"b"}]}  \\u0041true null"""}}}}]]]]11111111111',
).subarray(0, 64);
const SOURCE_ROOM = 1 << 20;
const ROWS_ROOM = 1 << 24;

/** The JSON kernels on single values, each in a Rows FlatBuffer of its own. */
export class JsonKernel {
  readonly #exports: JsonExports;
  readonly #source: number;
  readonly #rows: number;
  readonly #text: number;

  constructor() {
    const abort = () => {
      throw new Error("the kernel aborted");
    };
    const { exports } = new Instance(kernelModule(), { env: { abort } });
    this.#exports = exports as unknown as JsonExports;
    this.#source = this.#exports.allocate(SOURCE_ROOM);
    this.#rows = this.#exports.allocate(ROWS_ROOM);
    this.#text = this.#exports.allocate(ROWS_ROOM);
  }

  get memory(): Buffer {
    return Buffer.from(this.#exports.memory.buffer);
  }

  /** A schema placed in memory. */
  codec(schema: ValueSchema, outputs?: readonly ProjectedField[]): JsonCodec {
    const layout = layoutOf(schema);
    const bytes = descriptorOf(layout, outputs);
    const descriptor = this.#exports.allocate(bytes.length + 64);
    this.memory.set(bytes, descriptor);
    return new JsonCodec(this.#exports, layout, descriptor, {
      source: this.#source,
      rows: this.#rows,
      text: this.#text,
    });
  }
}

interface Regions {
  readonly source: number;
  readonly rows: number;
  readonly text: number;
}

/** Where rows begin in the rows region: before it stands the Rows FlatBuffer's head, with room for 1,000 rows. */
const HEAD = 4032;
/** root, identifier, vtable (2 sizes, 1 entry, padding), table (soffset, offset of the vector). */
const VECTOR_AT = 28;

export class JsonCodec {
  readonly layout: TableLayout;
  readonly descriptor: number;
  readonly #exports: JsonExports;
  readonly #regions: Regions;
  #next = 0;

  constructor(exports: JsonExports, layout: TableLayout, descriptor: number, regions: Regions) {
    this.#exports = exports;
    this.layout = layout;
    this.descriptor = descriptor;
    this.#regions = regions;
  }

  get memory(): Buffer {
    return Buffer.from(this.#exports.memory.buffer);
  }

  close(): void {
    this.#exports.release(this.descriptor);
  }

  /** Begins a batch: rows decoded from now on stand one behind the other. */
  begin(): void {
    const at = this.#regions.rows + HEAD;
    this.#next = at + this.#exports.jsonBegin(this.descriptor, at);
  }

  /** @returns the row's address and bytes. Checks that the announced bound holds. */
  decode(json: Uint8Array): { readonly row: number; readonly bytes: number } | Refusal {
    const { source } = this.#regions;
    this.memory.set(json, source);
    this.memory.set(HOSTILE_PADDING, source + json.length);
    const row = this.#next;
    const written = this.#exports.jsonDecode(this.descriptor, source, json.length, row);
    if (written < 0) return { code: -written, at: this.#exports.jsonErrorAt(this.descriptor) };
    const bound = this.#exports.jsonRowBytesMax(this.descriptor, json.length);
    if (written > bound) throw new Error(`row of ${written} bytes, bound ${bound}`);
    if (written % 8 !== 0) throw new Error("a row's bytes are a multiple of 8");
    this.#next += written;
    return { row, bytes: written };
  }

  /** The rows decoded since `begin` as one FlatBuffer, `table Rows { rows:[Row] }`. */
  rowsBuffer(rows: readonly number[]): Uint8Array {
    const { memory } = this;
    const begin = this.#regions.rows;
    const head = memory.subarray(begin, begin + HEAD);
    head.fill(0);
    head.writeUInt32LE(20, 0);
    head.write("PDTR", 4, "latin1");
    head.writeUInt16LE(6, 8);
    head.writeUInt16LE(8, 10);
    head.writeUInt16LE(4, 12);
    head.writeInt32LE(20 - 8, 20);
    head.writeUInt32LE(VECTOR_AT - 24, 24);
    head.writeUInt32LE(rows.length, VECTOR_AT);
    rows.forEach((row, index) => {
      const at = VECTOR_AT + 4 + 4 * index;
      head.writeUInt32LE(row - (begin + at), at);
    });
    return Uint8Array.from(memory.subarray(begin, this.#next));
  }

  encode(row: number, rowBytes: number): string {
    const { text } = this.#regions;
    const length = this.#exports.jsonEncode(this.descriptor, row, text);
    const bound = this.#exports.jsonEncodeBytesMax(this.descriptor, rowBytes);
    if (length > bound) throw new Error(`text of ${length} bytes, bound ${bound}`);
    return this.memory.toString("utf8", text, text + length);
  }

  /** Decodes in a batch of its own and encodes again. */
  roundTrip(json: string | Uint8Array): string | Refusal {
    this.begin();
    const decoded = this.decode(typeof json === "string" ? Buffer.from(json) : json);
    return "code" in decoded ? decoded : this.encode(decoded.row, decoded.bytes);
  }
}
