/** A panel of horizontal bars, all in one unit. */
export interface Panel {
  readonly title: string;
  readonly bars: readonly { readonly name: string; readonly value: number; readonly label: string }[];
}

const WIDTH = 720;
const NAME_WIDTH = 190;
const LABEL_WIDTH = 110;
const BAR_HEIGHT = 22;
const BAR_PITCH = 30;
const TITLE_HEIGHT = 34;
const COLOURS = ["#5a9e3d", "#8d99a6", "#5f6b77"];

/** Panels below each other as SVG, readable on light and dark ground; the first bar of each is ours. */
export function barChart(title: string, panels: readonly Panel[]): string {
  let y = 40;
  const parts: string[] = [];
  for (const panel of panels) {
    parts.push(text(0, y + 18, panel.title, 'font-weight="bold"'));
    y += TITLE_HEIGHT;
    const most = Math.max(...panel.bars.map(({ value }) => value));
    for (const [index, { name, value, label }] of panel.bars.entries()) {
      const width = Math.max(1, ((WIDTH - NAME_WIDTH - LABEL_WIDTH) * value) / most);
      const middle = y + BAR_HEIGHT / 2 + 5;
      parts.push(text(NAME_WIDTH - 10, middle, name, 'text-anchor="end"'));
      const colour = COLOURS[Math.min(index, COLOURS.length - 1)];
      parts.push(
        `<rect x="${NAME_WIDTH}" y="${y}" width="${width.toFixed(1)}" height="${BAR_HEIGHT}" fill="${colour}"/>`,
      );
      parts.push(text(NAME_WIDTH + width + 8, middle, label));
      y += BAR_PITCH;
    }
    y += 14;
  }
  const head = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="-10 0 ${WIDTH + 20} ${y}" font-family="sans-serif" font-size="14" fill="#77808a">`;
  const heading = `<title>${escaped(title)}</title>\n${text(0, 22, title, 'font-size="17"')}`;
  return `${head}\n${heading}\n${parts.join("\n")}\n</svg>\n`;
}

function text(x: number, y: number, words: string, attributes = ""): string {
  return `<text x="${x.toFixed(1)}" y="${y}" ${attributes}>${escaped(words)}</text>`;
}

function escaped(words: string): string {
  return words.replace(/&/g, "&amp;").replace(/</g, "&lt;");
}
