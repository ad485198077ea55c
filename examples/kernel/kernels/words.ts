import { Emitter, Row } from "peridot-streams/kernel";

/** A record for each word of an address: the word in lower case is its key, the city its value. */
export function words(row: Row, out: Emitter): void {
  if (!row.has("City")) {
    out.fail("an address without city");
    return;
  }
  const text = row.text("Address").lower();
  let from = 0;
  while (from <= text.length) {
    let to = text.indexOf(" ", from);
    if (to < 0) to = text.length;
    if (to > from) {
      out.key.span(text.slice(from, to));
      out.value.span(row.text("City"));
      out.emit();
    }
    from = to + 1;
  }
}
