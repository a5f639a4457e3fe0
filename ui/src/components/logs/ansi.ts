/** A colour of a terminal: 0 to 15 of the palette, or `#rrggbb`. */
export type AnsiColour = number | string;

/** How the text from here on is to be drawn. */
export interface AnsiStyle {
  fg: AnsiColour | null;
  bg: AnsiColour | null;
  bold: boolean;
  dim: boolean;
  italic: boolean;
  underline: boolean;
  strike: boolean;
  inverse: boolean;
  link: string | null;
}

export interface AnsiSpan {
  text: string;
  style: AnsiStyle;
}

export const PLAIN: AnsiStyle = {
  fg: null,
  bg: null,
  bold: false,
  dim: false,
  italic: false,
  underline: false,
  strike: false,
  inverse: false,
  link: null,
};

const CSI = String.raw`(?:\x1b\[|\x9b)([0-?]*)[ -/]*([@-~])`;
const OSC = String.raw`(?:\x1b\]|\x9d)([^\x07\x1b\x9c\x9d]*)(?:\x07|\x1b\\|\x9c)`;
const TEXT_OF_DEVICE = String.raw`\x1b[PX^_][^\x1b]*\x1b\\`;
const OTHER_ESCAPE = String.raw`\x1b[ -/]*[0-~]?`;
const CONTROL = String.raw`[\x00-\x08\x0a-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]`;
const TOKEN = new RegExp(`${CSI}|${OSC}|${TEXT_OF_DEVICE}|${OTHER_ESCAPE}|${CONTROL}`, "g");
const HAS_TOKEN = new RegExp(CONTROL);
const CURSOR = String.raw`[\x08\r]|(?:\x1b\[|\x9b)[0-9;]*[CDGK]`;
const MOVES = new RegExp(CURSOR);

/** The spans of a line that begins in a style, and the style that it ends in. Carriage returns, backspaces and erasures leave what a terminal would show at last; other control characters are taken out. */
export function parseAnsi(text: string, start: AnsiStyle): { spans: AnsiSpan[]; end: AnsiStyle } {
  const line = text.endsWith("\r") ? text.slice(0, -1) : text;
  if (!HAS_TOKEN.test(line)) return { spans: line ? [{ text: line, style: start }] : [], end: start };
  return MOVES.test(line) ? drawn(line, start) : straight(line, start);
}

/** A line without movements of the cursor. */
function straight(line: string, start: AnsiStyle): { spans: AnsiSpan[]; end: AnsiStyle } {
  const spans: AnsiSpan[] = [];
  let style = start;
  let from = 0;
  for (const token of line.matchAll(TOKEN)) {
    add(spans, line.slice(from, token.index), style);
    from = token.index + token[0].length;
    style = styleAfter(style, token);
  }
  add(spans, line.slice(from), style);
  return { spans, end: style };
}

/** A line on which the cursor moves: drawn cell by cell. */
function drawn(line: string, start: AnsiStyle): { spans: AnsiSpan[]; end: AnsiStyle } {
  const cells: (AnsiSpan | undefined)[] = [];
  let column = 0;
  let style = start;
  let from = 0;
  const write = (text: string) => {
    for (const character of text) {
      cells[column] = { text: character, style };
      column += 1;
    }
  };
  for (const token of line.matchAll(TOKEN)) {
    write(line.slice(from, token.index));
    from = token.index + token[0].length;
    if (token[0] === "\r") column = 0;
    else if (token[0] === "\b") column = Math.max(column - 1, 0);
    else if (token[2] === "K") erase(cells, column, token[1] ?? "");
    else if (token[2]) column = moved(column, token[2], Number.parseInt(token[1] ?? "", 10));
    style = styleAfter(style, token);
  }
  write(line.slice(from));
  const spans: AnsiSpan[] = [];
  for (let index = 0; index < cells.length; index += 1) {
    const cell = cells[index];
    add(spans, cell?.text ?? " ", cell?.style ?? PLAIN);
  }
  return { spans, end: style };
}

const WIDEST = 10_000;

function moved(column: number, final: string, given: number): number {
  const steps = given || 1;
  if (final === "C") return Math.min(column + steps, WIDEST);
  if (final === "D") return Math.max(column - steps, 0);
  return final === "G" ? Math.min(steps, WIDEST) - 1 : column;
}

function erase(cells: (AnsiSpan | undefined)[], column: number, mode: string): void {
  if (mode === "2") cells.length = 0;
  else if (mode === "1") cells.fill(undefined, 0, column + 1);
  else cells.length = Math.min(cells.length, column);
}

function add(spans: AnsiSpan[], text: string, style: AnsiStyle): void {
  if (!text) return;
  const last = spans.at(-1);
  if (last && last.style === style) last.text += text;
  else spans.push({ text, style });
}

function styleAfter(style: AnsiStyle, token: RegExpMatchArray): AnsiStyle {
  if (token[2] === "m" && /^[0-9;:]*$/.test(token[1] ?? "")) return afterSgr(style, token[1] ?? "");
  if (token[3]?.startsWith("8;")) return { ...style, link: linkOf(token[3]) };
  return style;
}

function linkOf(command: string): string | null {
  const address = command.slice(command.indexOf(";", 2) + 1);
  return /^https?:\/\//i.test(address) && URL.canParse(address) ? address : null;
}

/** The style after a sequence such as `1;31` or `38:2::255:100:0`. */
export function afterSgr(style: AnsiStyle, parameters: string): AnsiStyle {
  const next = { ...style };
  const groups = parameters.split(";");
  for (let index = 0; index < groups.length; index += 1) {
    const parts = (groups[index] ?? "").split(":");
    const code = Number(parts[0] || 0);
    if (code === 38 || code === 48) {
      const isLong = parts.length > 1;
      const rest = isLong ? parts.slice(1) : groups.slice(index + 1);
      const [colour, used] = extended(rest, isLong);
      if (colour !== undefined) next[code === 38 ? "fg" : "bg"] = colour;
      if (!isLong) index += used;
    } else if (code === 4 && parts[1] === "0") next.underline = false;
    else apply(next, code);
  }
  return next;
}

function apply(style: AnsiStyle, code: number): void {
  if (code === 0) Object.assign(style, { ...PLAIN, link: style.link });
  else if (code === 1) style.bold = true;
  else if (code === 2) style.dim = true;
  else if (code === 3) style.italic = true;
  else if (code === 4 || code === 21) style.underline = true;
  else if (code === 7) style.inverse = true;
  else if (code === 9) style.strike = true;
  else if (code === 22) style.bold = style.dim = false;
  else if (code === 23) style.italic = false;
  else if (code === 24) style.underline = false;
  else if (code === 27) style.inverse = false;
  else if (code === 29) style.strike = false;
  else if (code >= 30 && code <= 37) style.fg = code - 30;
  else if (code === 39) style.fg = null;
  else if (code >= 40 && code <= 47) style.bg = code - 40;
  else if (code === 49) style.bg = null;
  else if (code >= 90 && code <= 97) style.fg = code - 82;
  else if (code >= 100 && code <= 107) style.bg = code - 92;
}

/** The colour after `38` or `48`, and how many parameters it took. */
function extended(rest: string[], isLong: boolean): [AnsiColour | undefined, number] {
  if (rest[0] === "5") return [colour256(Number(rest[1] || 0)), 2];
  if (rest[0] !== "2") return [undefined, 1];
  const from = isLong && rest.length > 4 ? 2 : 1;
  return [hex(rest.slice(from, from + 3).map(Number)), from + 3];
}

function colour256(index: number): AnsiColour | undefined {
  if (!(index >= 0 && index <= 255)) return undefined;
  if (index < 16) return index;
  if (index >= 232) return hex([8, 8, 8].map((base) => base + (index - 232) * 10));
  const cube = index - 16;
  return hex([Math.floor(cube / 36), Math.floor(cube / 6) % 6, cube % 6].map((level) => level && 55 + level * 40));
}

function hex(channels: number[]): string | undefined {
  if (channels.length !== 3 || !channels.every((one) => one >= 0 && one <= 255)) return undefined;
  return `#${channels.map((one) => Math.round(one).toString(16).padStart(2, "0")).join("")}`;
}
