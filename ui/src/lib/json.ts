/** Numbers of 16 digits and more, which JavaScript would round. */
const LONG = /\d{16}/;

interface Source {
  source?: string;
}

type Reviver = (this: unknown, key: string, value: unknown, context?: Source) => unknown;

/** Reads JSON; whole numbers beyond 2^53 become bigints, so that they are shown with the digits that were sent. */
export function parseJson(text: string): unknown {
  if (!LONG.test(text)) return JSON.parse(text);
  const keep: Reviver = (_key, value, context) => {
    if (typeof value !== "number" || Number.isSafeInteger(value)) return value;
    const source = context?.source ?? "";
    return /^-?\d+$/.test(source) ? BigInt(source) : value;
  };
  return JSON.parse(text, keep as (key: string, value: unknown) => unknown);
}

/** Writes JSON, indented by two; bigints with all their digits. */
export function formatJson(value: unknown, indent = 2): string {
  const marked = JSON.stringify(
    value,
    (_key, inner) => (typeof inner === "bigint" ? `\u0000${inner}\u0000` : inner),
    indent,
  );
  return marked === undefined ? "null" : marked.replace(/"\\u0000(-?\d+)\\u0000"/g, "$1");
}

/** A text with what is invisible or turns the order of letters written out, such as `⟨U+202E⟩`. */
export function visibleText(text: string): string {
  const written = (hidden: string) => `⟨U+${hidden.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}⟩`;
  return text.replace(/[\u061c\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]/g, written);
}

/** A text as it is, any other value as JSON in one line. */
export function plainText(value: unknown): string {
  return typeof value === "string" ? value : formatJson(value, 0);
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
