/**
 * A source text in which comments, templates, regular expressions and what stands between quotes are spaces: what
 * is left is code, at the same places. Expressions in templates stay. (TypeScript 7 has no stable parser API.)
 */
export function codeOf(text: string): string {
  const code = [...text];
  const blank = (from: number, to: number) => {
    for (let i = from; i < to; i++) if (code[i] !== "\n") code[i] = " ";
  };
  /** Depth of braces at each template whose expression we are in, innermost last. */
  const templates: number[] = [];
  let braces = 0;
  let at = 0;
  const skip = (end: number) => {
    blank(at, end);
    at = end;
  };
  const units =
    code.length === text.length ? text : code.map((char) => (char.length === 1 ? char : "?")).join("");

  while (at < units.length) {
    const char = units[at]!;
    const rest = units.slice(at, at + 2);
    if (rest === "//") skip(endOf(units, at, /\n/g));
    else if (rest === "/*") skip(endOf(units, at + 2, /\*\//g, true));
    else if (char === '"' || char === "'") {
      const end = endOfQuoted(units, at, char);
      blank(at + 1, end - 1); // the quotes stay: an import is found by them
      at = end;
    } else if (char === "/" && startsRegExp(units, at)) skip(endOfRegExp(units, at));
    else if (char === "`") skip(templatePart(units, at + 1, templates, braces));
    else {
      if (char === "{") braces++;
      if (char === "}") {
        if (templates.length > 0 && templates.at(-1) === braces) {
          templates.pop();
          skip(templatePart(units, at + 1, templates, braces));
          continue;
        }
        braces--;
      }
      at++;
    }
  }
  return code.join("");
}

function endOf(text: string, from: number, pattern: RegExp, past = false): number {
  pattern.lastIndex = from;
  const match = pattern.exec(text);
  if (match === null) return text.length;
  return past ? match.index + match[0].length : match.index;
}

function endOfQuoted(text: string, from: number, quote: string): number {
  for (let i = from + 1; i < text.length; i++) {
    if (text[i] === "\\") i++;
    else if (text[i] === quote || text[i] === "\n") return i + 1;
  }
  return text.length;
}

function endOfRegExp(text: string, from: number): number {
  let inClass = false;
  for (let i = from + 1; i < text.length; i++) {
    if (text[i] === "\\") i++;
    else if (text[i] === "[") inClass = true;
    else if (text[i] === "]") inClass = false;
    else if (text[i] === "/" && !inClass)
      return endOf(text, i + 1, /[^a-z]/g); // its flags too
    else if (text[i] === "\n") return i;
  }
  return text.length;
}

/** A slash begins a regular expression where a value may begin. */
function startsRegExp(text: string, at: number): boolean {
  const before = text.slice(0, at).trimEnd();
  return /(^|[=(,:;!&|?{}[+<>]|\breturn|\bcase)$/.test(before.slice(-10));
}

/** The end of a template's text: its closing quote, or the `${` of an expression, which is then noted. */
function templatePart(text: string, from: number, templates: number[], braces: number): number {
  for (let i = from; i < text.length; i++) {
    if (text[i] === "\\") i++;
    else if (text[i] === "`") return i + 1;
    else if (text[i] === "$" && text[i + 1] === "{") {
      templates.push(braces);
      return i + 2;
    }
  }
  return text.length;
}
