/**
 * The part of AssemblyScript's compiler that the build uses. The package is an optional peer dependency, loaded when a
 * kernel is built; its own declarations are not, so that nobody's type check needs them.
 */
export interface Compiler {
  readonly asc: {
    main(
      words: readonly string[],
      options: {
        readonly stdout: { write(text: string): void };
        readonly stderr: { write(text: string): void };
        readFile(name: string): string | null;
        writeFile(name: string, contents: Uint8Array | string): void;
        listFiles(): readonly string[];
        readonly transforms: readonly Transform[];
        reportDiagnostic(diagnostic: Diagnostic): void;
      },
    ): Promise<{ readonly error: Error | null }>;
  };
  readonly assemblyscript: {
    readonly Parser: new () => Parser;
    readonly Node: NodeMaker;
    readonly NodeKind: Readonly<Record<number, string>>;
    readonly LiteralKind: Readonly<Record<number, string>>;
    readonly CommonFlags: { readonly Export: number; readonly Const: number; readonly Ambient: number };
  };
}

/** What the compiler calls on its way. */
export interface Transform {
  afterParse(parser: Parser): void;
  afterInitialize(program: { readonly elementsByName: ReadonlyMap<string, unknown> }): void;
  afterCompile(module: { emitText(): string }): void;
}

export interface Parser {
  readonly sources: readonly Source[];
  readonly diagnostics: readonly { readonly message: string; readonly range: SourceRange | null }[];
  parseFile(text: string | null, path: string, isEntry: boolean): void;
}

export interface Diagnostic {
  readonly message: string;
  /** 3: an error. */
  readonly category: number;
  readonly range: {
    readonly start: number;
    readonly source: { readonly normalizedPath: string } | null;
  } | null;
}

export interface SourceRange {
  readonly start: number;
  readonly source: Source;
}

export interface SyntaxNode {
  readonly kind: number;
  readonly range: SourceRange;
}

export interface Source extends SyntaxNode {
  /** With its ending, `~lib/…` for libraries. */
  readonly normalizedPath: string;
  readonly text: string;
  readonly statements: readonly SyntaxNode[];
}

export interface NodeMaker {
  createIdentifierExpression(name: string, range: SourceRange): SyntaxNode;
  createCallExpression(callee: SyntaxNode, types: null, values: [], range: SourceRange): SyntaxNode;
  createExpressionStatement(expression: SyntaxNode): SyntaxNode;
  createBlockStatement(statements: readonly SyntaxNode[], range: SourceRange): SyntaxNode;
}

/** Nodes as the rules look at them: fields that a kind has not are absent. */
export interface AnyNode extends SyntaxNode {
  readonly name?: AnyNode;
  readonly text?: string;
  readonly flags?: number;
  readonly literalKind?: number;
  readonly value?: unknown;
  readonly expression?: AnyNode;
  readonly property?: AnyNode;
  readonly path?: AnyNode | null;
  readonly internalPath?: string | null;
  readonly namespaceName?: AnyNode | null;
  readonly declarations?: readonly AnyNode[];
  readonly decorators?: readonly AnyNode[] | null;
  readonly initializer?: AnyNode | null;
  readonly identifier?: AnyNode;
  readonly foreignName?: AnyNode;
  readonly type?: AnyNode;
  readonly next?: AnyNode | null;
  readonly signature?: { readonly parameters: readonly AnyNode[]; readonly returnType: AnyNode };
  body?: AnyNode | null;
}

/** The nodes directly within one. */
export function childrenOf(node: AnyNode): readonly AnyNode[] {
  return Object.values(node).flatMap((field: unknown) =>
    Array.isArray(field) ? field.filter(isNode) : isNode(field) ? [field] : [],
  );
}

function isNode(value: unknown): value is AnyNode {
  return typeof value === "object" && value !== null && "kind" in value && "range" in value;
}

/** Where something stands, from 1. */
export interface Place {
  readonly path: string;
  readonly line: number;
  readonly column: number;
}

export function placeIn(path: string, text: string, index: number): Place {
  const before = text.slice(0, index).split("\n");
  return { path, line: before.length, column: before.at(-1)!.length + 1 };
}
