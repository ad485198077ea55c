import { type AnyNode, type Compiler, childrenOf, type Source } from "./syntax.ts";

/** The function that burns fuel: a global of kernels/author/run.ts. */
const BURN = "__burn";
const LOOPS = new Set(["For", "ForOf", "While", "Do"]);

/** Puts a fuel counter at the beginning of each loop's body and of each function in a user's file. */
export function addFuelPoints(source: Source, compiler: Compiler["assemblyscript"]): void {
  for (const statement of source.statements) visit(statement as AnyNode, compiler);
}

function visit(node: AnyNode, compiler: Compiler["assemblyscript"]): void {
  for (const child of childrenOf(node)) visit(child, compiler);
  const kind = compiler.NodeKind[node.kind]!;
  if (!node.body || !(LOOPS.has(kind) || kind === "FunctionDeclaration")) return;
  const { Node } = compiler;
  const { range } = node.body;
  const callee = Node.createIdentifierExpression(BURN, range);
  const burn = Node.createExpressionStatement(Node.createCallExpression(callee, null, [], range));
  node.body = Node.createBlockStatement([burn, node.body], range) as AnyNode;
}
