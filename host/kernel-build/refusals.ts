import { type AnyNode, type Compiler, childrenOf, type Place, placeIn, type Source } from "./syntax.ts";

/** What a user's file may not do, and what to do instead. */
export interface Refusal extends Place {
  readonly says: string;
}

/** What authors import. */
export const LIBRARY = "peridot-streams/kernel";

/**
 * Globals of AssemblyScript that a kernel may use: types, numbers, and functions of numbers. Everything else is
 * refused, so that what a later version of the compiler adds is refused as well.
 */
const ALLOWED = new Set(
  `i8 i16 i32 i64 u8 u16 u32 u64 isize usize f32 f64 bool boolean number string void auto
   true false undefined NaN Infinity isNaN isFinite Math NativeMath Mathf NativeMathf
   abs ceil clz copysign ctz floor max min nearest popcnt rotl rotr sqrt trunc bswap select assert`.split(
    /\s+/,
  ),
);

/** Names of types that are numbers also hold functions: their constants alone are allowed. */
const NUMBERS = new Set("i8 i16 i32 i64 u8 u16 u32 u64 isize usize f32 f64 bool".split(" "));
const CONSTANTS =
  /^(?:MIN_VALUE|MAX_VALUE|MIN_NORMAL_VALUE|MIN_SAFE_INTEGER|MAX_SAFE_INTEGER|EPSILON)$|^(?:POSITIVE|NEGATIVE)_INFINITY$|^NaN$/;

/** Names that deserve a better word than "not allowed". */
const INSTEAD: readonly (readonly [RegExp, string])[] = [
  [
    /^(?:load|store|memory|heap|v128|[iuf]\d+x\d+|atomic|Atomics|changetype|call_indirect|offsetof|idof|unchecked|reinterpret)$/,
    "reaches past the rows into the memory that all kernels share. Use Row, Span, Emitter and Json",
  ],
  [
    /^(?:Array|StaticArray|Map|Set|ArrayBuffer|DataView|String|Error|RegExp|(?:Int|Uint|Float)\d+(?:Clamped)?Array)$/,
    "needs a heap, which kernels have not. Use Span for bytes of the record, and out.value or out.json() to build",
  ],
  [/^(?:Date|performance|process|console|trace|crypto|seed)$/, "is outside: a kernel sees its rows only"],
];

/** By kind of node: what is refused whatever it says. */
const REFUSED: Readonly<Record<string, string>> = {
  ClassDeclaration:
    "a class: its objects need a heap, which kernels have not. Use functions and local variables",
  Class: "a class: its objects need a heap, which kernels have not. Use functions and local variables",
  InterfaceDeclaration: "an interface: there are no objects but those of the library",
  NamespaceDeclaration: "a namespace: put the functions into a file of their own",
  Module: "a module declaration: import what you need",
  New: "new: kernels have no heap. Use Span, out.value and out.json(); to refuse a row, out.fail(reason)",
  Function: "a function without a name: write function name(…) { … } beside the kernel, and call it",
  Throw: "throw: to refuse a row, call out.fail(reason) and return",
  Try: "try: nothing is thrown in a kernel",
  Null: "null: nothing in the library is null. row.has(name), row.hasKey and row.hasValue tell what is",
  ExportDefault: "a default export: write export function name(row: Row, out: Emitter): void",
  ExportImport: "an exported import: write export before the function",
  Export: "a list of exports: write export before the function",
  This: "this: there are no classes in a kernel",
  Super: "super: there are no classes in a kernel",
};

const LITERALS: Readonly<Record<string, string>> = {
  Template:
    "a template: texts are not joined, since kernels have no heap. Write the parts: out.value.text(…).span(…)",
  Array: "an array: kernels have no heap. Use a switch, or a constant text with charCodeAt, as a table",
  Object: "an object: kernels have no heap. Use out.json()",
  RegExp: "a regular expression: use the functions of Span",
};

/** Names that the file has declared or imported, and those that it uses. */
interface Names {
  readonly declared: Map<string, Place>;
  readonly used: { readonly name: string; readonly place: Place }[];
}

/**
 * The rules for users' files. First `read` each source as it was parsed, then `refusals`, once the program knows its
 * globals: a name that is declared nowhere in the file must be an allowed one.
 */
export class Rules {
  readonly #compiler: Compiler["assemblyscript"];
  readonly #found: Refusal[] = [];
  readonly #names: Names[] = [];

  constructor(compiler: Compiler["assemblyscript"]) {
    this.#compiler = compiler;
  }

  read(source: Source): void {
    const names: Names = { declared: new Map(), used: [] };
    this.#names.push(names);
    for (const statement of source.statements as readonly AnyNode[]) this.#top(statement);
    for (const statement of source.statements as readonly AnyNode[]) this.#walk(statement, names);
  }

  refusals(isGlobal: (name: string) => boolean): readonly Refusal[] {
    const found = [...this.#found];
    for (const { declared, used } of this.#names) {
      for (const [name, place] of declared) {
        if (isGlobal(name) && !ALLOWED.has(name)) {
          found.push({ ...place, says: `"${name}" is a name of AssemblyScript's own: choose another` });
        }
      }
      for (const { name, place } of used) {
        if (ALLOWED.has(name) || declared.has(name)) continue;
        const reason = INSTEAD.find(([pattern]) => pattern.test(name))?.[1];
        found.push({
          ...place,
          says: `"${name}" ${reason ?? "is not declared here, and not among what a kernel may use: see kernels/ABI.md"}`,
        });
      }
    }
    return found.sort(
      (left, right) =>
        left.path.localeCompare(right.path) || left.line - right.line || left.column - right.column,
    );
  }

  #refuse(node: AnyNode, says: string): void {
    this.#found.push({ ...placeOf(node), says });
  }

  #kindOf(node: AnyNode): string {
    return this.#compiler.NodeKind[node.kind]!;
  }

  /** What holds for statements outside of functions alone. */
  #top(statement: AnyNode): void {
    if (this.#kindOf(statement) !== "Variable") return;
    for (const declaration of statement.declarations!) {
      if (((declaration.flags ?? 0) & this.#compiler.CommonFlags.Const) === 0) {
        this.#refuse(
          declaration,
          `"${declaration.name!.text}" outlives the call: a rollback could not undo it. Make it a const, or local to a function`,
        );
      } else if (declaration.initializer && this.#calls(declaration.initializer)) {
        this.#refuse(declaration, "a constant is a number, a bool or a text, and calls nothing");
      }
    }
  }

  #calls(node: AnyNode): boolean {
    return this.#kindOf(node) === "Call" || childrenOf(node).some((child) => this.#calls(child));
  }

  #walk(node: AnyNode, names: Names): void {
    const kind = this.#kindOf(node);
    const refused = REFUSED[kind];
    if (refused !== undefined) {
      this.#refuse(node, refused);
      return;
    }
    this.#decorators(node);
    if (((node.flags ?? 0) & this.#compiler.CommonFlags.Ambient) !== 0) {
      this.#refuse(node, "declare imports from outside of the module: a kernel sees its rows only");
      return;
    }
    switch (kind) {
      case "Import":
        this.#import(node, names);
        return;
      case "Literal": {
        const literal = LITERALS[this.#compiler.LiteralKind[node.literalKind!]!];
        if (literal !== undefined) this.#refuse(node, literal);
        return;
      }
      case "NamedType":
      case "TypeName":
        this.#type(node, names);
        return;
      case "Identifier":
      case "True":
      case "False":
        if (kind === "Identifier") this.#use(node, names);
        return;
      case "PropertyAccess":
        this.#property(node, names);
        return;
      case "Break":
      case "Continue":
        return; // a label is no name of a value
    }
    const declares = node.name !== undefined && DECLARES.has(kind);
    if (declares) this.#declare(node.name!, names);
    for (const child of childrenOf(node)) {
      if (!(declares && child === node.name) && this.#kindOf(child) !== "Decorator") this.#walk(child, names);
    }
  }

  #decorators(node: AnyNode): void {
    for (const decorator of node.decorators ?? []) {
      if (decorator.name?.text !== "inline") {
        this.#refuse(decorator, `@${decorator.name?.text}: the only decorator of a kernel is @inline`);
      }
    }
  }

  #import(node: AnyNode, names: Names): void {
    const path = String(node.path?.value);
    if (path !== LIBRARY && !/^\.{1,2}\//.test(path)) {
      this.#refuse(node, `import of "${path}": a kernel imports "${LIBRARY}" and files of its own ("./…")`);
    }
    if (node.namespaceName) this.#declare(node.namespaceName, names);
    for (const { name, foreignName } of node.declarations ?? []) {
      this.#declare(name!, names);
      if (foreignName) this.#private(foreignName);
    }
  }

  /** A type is harmless by itself; that it is one of ours by another name is not. */
  #type(node: AnyNode, names: Names): void {
    for (const child of childrenOf(node)) {
      if (this.#kindOf(child) === "Identifier") this.#private(child);
      else this.#walk(child, names);
    }
  }

  #property(node: AnyNode, names: Names): void {
    const { expression, property } = node;
    const owner = this.#kindOf(expression!) === "Identifier" ? expression!.text! : "";
    const name = property!.text!;
    this.#private(property!);
    if (NUMBERS.has(owner) && !CONSTANTS.test(name)) {
      this.#refuse(
        node,
        `${owner}.${name}: of ${owner} a kernel uses its constants only (${owner}.MAX_VALUE …)`,
      );
      return;
    }
    if (/^(?:Native)?Mathf?$/.test(owner) && /random/i.test(name)) {
      this.#refuse(
        node,
        `${owner}.${name}: the same rows give the same records, so there is no chance in a kernel`,
      );
      return;
    }
    this.#walk(expression!, names);
  }

  #declare(name: AnyNode, names: Names): void {
    this.#private(name);
    names.declared.set(name.text!, placeOf(name));
  }

  #use(identifier: AnyNode, names: Names): void {
    if (!this.#private(identifier)) names.used.push({ name: identifier.text!, place: placeOf(identifier) });
  }

  /** Names that begin with two underscores are the compiler's, and our library's. @returns whether this is one. */
  #private(identifier: AnyNode): boolean {
    if (!identifier.text?.startsWith("__")) return false;
    this.#refuse(
      identifier,
      `"${identifier.text}": names that begin with two underscores are not for kernels`,
    );
    return true;
  }
}

const DECLARES = new Set([
  "FunctionDeclaration",
  "VariableDeclaration",
  "EnumDeclaration",
  "EnumValueDeclaration",
  "TypeDeclaration",
  "Parameter",
  "TypeParameter",
]);

function placeOf(node: AnyNode): Place {
  const { source, start } = node.range;
  return placeIn(source.normalizedPath, source.text, start);
}
