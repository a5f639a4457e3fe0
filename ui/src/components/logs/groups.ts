import { lastWhere, type Span } from "./row-map";

/** A part of a log between `::group::NAME` and `::endgroup::`. `first` is the line of its name, `last` its last one. */
export interface Group extends Span {
  /** Whether `last` is the line that ends it, which is never shown. */
  hasEnd: boolean;
}

/** The groups of a log, from the lines where one begins or ends. They do not nest: a new one ends the one before. */
export function groupsOf(starts: readonly number[], ends: readonly number[], total: number): Group[] {
  let next = 0;
  return starts.map((first, index) => {
    const limit = starts[index + 1] ?? total;
    while (next < ends.length && (ends[next] ?? 0) <= first) next += 1;
    const end = ends[next];
    const hasEnd = end !== undefined && end < limit;
    return { first, last: hasEnd ? end : limit - 1, hasEnd };
  });
}

/** The group in which a line is. */
export function groupAt(groups: readonly Group[], line: number): Group | undefined {
  const group = groups[lastWhere(groups.length, (index) => (groups[index]?.first ?? 0) <= line)];
  return group && line <= group.last ? group : undefined;
}

/** The lines that are not shown: all of folded groups but their names, and the ends of open ones. */
export function hiddenSpans(groups: readonly Group[], isOpen: (group: Group) => boolean): Span[] {
  return groups.flatMap((group) => {
    if (!isOpen(group)) return group.last > group.first ? [{ first: group.first + 1, last: group.last }] : [];
    return group.hasEnd ? [{ first: group.last, last: group.last }] : [];
  });
}
