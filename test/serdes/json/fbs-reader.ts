import { ByteBuffer } from "flatbuffers";

interface FbsField {
  readonly name: string;
  readonly type: string;
  readonly slot: number;
}

export type FbsTables = ReadonlyMap<string, readonly FbsField[]>;

/** Reads a .fbs of tables: names, types and ids. */
export function parseFbs(text: string): FbsTables {
  const tables = new Map<string, FbsField[]>();
  for (const [, name, body] of text.matchAll(/table (\w+) \{\n([^}]*)\}/g)) {
    const fields = [...body!.matchAll(/^ {2}(\w+):(\S+) \(id: (\d+)\);$/gm)];
    tables.set(
      name!,
      fields.map(([, field, type, id]) => ({ name: field!, type: type!, slot: 4 + 2 * Number(id) })),
    );
  }
  return tables;
}

/** Reads a whole Rows buffer by the .fbs and the flatbuffers package's own access to vtables, strings and vectors. */
export function readRows(bytes: Uint8Array, tables: FbsTables): unknown {
  const buffer = new ByteBuffer(bytes);
  return readTable(buffer, buffer.readInt32(buffer.position()) + buffer.position(), "Rows", tables);
}

function readTable(buffer: ByteBuffer, table: number, type: string, tables: FbsTables): unknown {
  const object: Record<string, unknown> = {};
  for (const field of tables.get(type)!) {
    const offset = buffer.__offset(table, field.slot);
    if (offset !== 0) object[field.name] = readField(buffer, table + offset, field.type, tables);
  }
  return object;
}

const WIDTHS: Readonly<Record<string, number>> = { bool: 1, long: 8, double: 8 };

function readField(buffer: ByteBuffer, place: number, type: string, tables: FbsTables): unknown {
  if (type.startsWith("[")) {
    const element = type.slice(1, -1);
    const items: unknown[] = [];
    const count = buffer.__vector_len(place);
    const first = buffer.__vector(place);
    const width = WIDTHS[element] ?? 4;
    if (width === 8 && first % 8 !== 0) throw new Error("8-byte elements stand at multiples of 8");
    for (let index = 0; index < count; index++)
      items.push(readField(buffer, first + index * width, element, tables));
    return items;
  }
  switch (type) {
    case "bool":
      return buffer.readInt8(place) !== 0;
    case "int":
    case "uint":
      return buffer.readInt32(place);
    case "long":
      return buffer.readInt64(place);
    case "double":
      if (place % 8 !== 0) throw new Error("doubles stand at multiples of 8");
      return buffer.readFloat64(place);
    case "string":
      return buffer.__string(place);
    default:
      return readTable(buffer, buffer.__indirect(place), type, tables);
  }
}
