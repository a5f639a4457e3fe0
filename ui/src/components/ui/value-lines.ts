import { isObject } from "@/lib/json";

/** A line of a tree of values. `path` names it from the root; objects and lists have `size` entries. */
export interface ValueLine {
  path: string;
  key: string | null;
  depth: number;
  value: unknown;
  size: number | null;
  isOpen: boolean;
  /** The number of entries that are not shown yet, on the line after the last one. */
  more?: number;
}

const PAGE = 100;

/** The visible lines of a value; of large lists only the first entries, and more on demand by `limits`. */
export function valueLines(
  root: unknown,
  isOpen: (path: string, depth: number) => boolean,
  limits: ReadonlyMap<string, number>,
): ValueLine[] {
  const lines: ValueLine[] = [];
  const add = (value: unknown, key: string | null, path: string, depth: number) => {
    const entries = entriesOf(value);
    const open = entries !== null && entries.length > 0 && isOpen(path, depth);
    lines.push({ path, key, depth, value, size: entries?.length ?? null, isOpen: open });
    if (!open || !entries) return;
    const limit = limits.get(path) ?? PAGE;
    for (const [name, inner] of entries.slice(0, limit)) add(inner, name, `${path}/${name}`, depth + 1);
    const more = entries.length - limit;
    if (more > 0) {
      lines.push({ path, key: null, depth: depth + 1, value: undefined, size: null, isOpen: false, more });
    }
  };
  add(root, null, "", 0);
  return lines;
}

/** The next limit of a list of which `shown` entries are shown. */
export function nextLimit(shown: number | undefined): number {
  return (shown ?? PAGE) * 10;
}

function entriesOf(value: unknown): [string, unknown][] | null {
  if (Array.isArray(value)) return value.map((inner, index) => [String(index), inner]);
  return isObject(value) ? Object.entries(value) : null;
}
