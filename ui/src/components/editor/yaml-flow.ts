import type { Level, YamlPlace } from "./yaml-place";

interface Frame {
  isMap: boolean;
  key?: string;
  siblings: Record<string, string>;
}

const TOKEN = /"(?:[^"\\]|\\.)*"?|'[^']*'?|[{}[\],]|:(?=\s|$)|[^{}[\],:"'\s](?:[^{}[\],:]|:(?!\s|$))*|\s+|./gy;

/** Where the end of a value in brackets is, given the way to the value and what follows on the line. */
export function flowPlace(value: string, path: readonly Level[], position: number, after: string): YamlPlace | null {
  const frames: Frame[] = [];
  let word = "";
  for (const [token] of value.matchAll(TOKEN)) {
    const frame = frames.at(-1);
    if (token === "{" || token === "[") frames.push({ isMap: token === "{", siblings: {} });
    else if (token === "}" || token === "]") frames.pop();
    else if (token === ",") {
      if (frame?.key) frame.siblings[frame.key] = word.trim();
      if (frame) frame.key = undefined;
    } else if (token === ":" && frame?.isMap) frame.key = unquoted(word.trim());
    else {
      word = token.trim() === "" ? (word.trim() === "" ? "" : word + token) : word + token;
      continue;
    }
    word = "";
  }
  const last = frames.at(-1);
  if (!last || /^["']/.test(word)) return null;
  const way = frames.flatMap((frame): Level[] =>
    frame.isMap
      ? frame.key === undefined
        ? []
        : [{ key: frame.key, siblings: frame.siblings }]
      : [{ key: 0, siblings: {} }],
  );
  for (const [, key = "", text = ""] of after.matchAll(/[,{\s]\s*([\w-]+):\s+([^,{}[\]]*)/g))
    if (!(key in last.siblings)) last.siblings[key] = text.trim();
  const kind = last.isMap && last.key === undefined ? "key" : "value";
  return { path: [...path, ...way], kind, siblings: last.siblings, from: position - word.length, word };
}

function unquoted(text: string): string {
  return /^(["']).*\1$/s.test(text) ? text.slice(1, -1) : text;
}
