import { isError, type ScenarioError, type ScenarioRecord } from "./scenario.ts";

/** Stands for any text, in the headers of dead letters. */
const ANY = "*";
const OF_ERRORS = "__streams.errors.";

type Entries = readonly (ScenarioRecord | ScenarioError)[] | ScenarioError | undefined;

/**
 * Where what came out differs from what was expected, topic by topic, as lines of text: "- expected", "+ found".
 * Order counts within a topic only.
 */
export function differences(expected: Entries, found: Entries): readonly string[] {
  const wanted = byTopic(expected);
  const got = byTopic(found);
  return [...new Set([...wanted.keys(), ...got.keys()])].toSorted().flatMap((topic) => {
    const left = wanted.get(topic) ?? [];
    const right = got.get(topic) ?? [];
    const same = left.length === right.length && left.every((entry, index) => matches(entry, right[index]!));
    if (same) return [];
    return [
      topic,
      ...left.map((entry) => `  - ${textOf(entry)}`),
      ...right.map((entry) => `  + ${textOf(entry)}`),
    ];
  });
}

/** JSON with the names of an object in order, so that texts are equal where the values are. */
export function textOf(value: unknown): string {
  return JSON.stringify(value, (_name, part: unknown) =>
    typeof part === "object" && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}

function byTopic(entries: Entries): Map<string, (ScenarioRecord | ScenarioError)[]> {
  const all = entries === undefined ? [] : [entries].flat();
  return Map.groupBy(all as readonly (ScenarioRecord | ScenarioError)[], (entry) =>
    isError(entry) ? "error" : entry.topic,
  );
}

function matches(expected: ScenarioRecord | ScenarioError, found: ScenarioRecord | ScenarioError): boolean {
  if (isError(expected) || isError(found)) return textOf(expected) === textOf(found);
  const { headers: wanted = [], ...record } = expected;
  const { headers = [], ...other } = found;
  return (
    textOf(record) === textOf(other) &&
    wanted.length === headers.length &&
    wanted.every(([name, text], index) => {
      const [foundName, foundText] = headers[index]!;
      const any = text === ANY && name.startsWith(OF_ERRORS) && foundText !== null;
      return name === foundName && (any || text === foundText);
    })
  );
}
