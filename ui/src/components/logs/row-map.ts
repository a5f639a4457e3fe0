/** Which lines are shown, in rows that follow each other. */
export interface RowMap {
  count: number;
  /** The line in a row. */
  line: (row: number) => number;
  /** The row of a line; of one that is not shown, the last row before it. */
  row: (line: number) => number;
}

/** Lines from `first` up to `last`, both included. */
export interface Span {
  first: number;
  last: number;
}

/** All lines but those in the spans, which are in order and lie apart. */
export function rowsWithout(total: number, hidden: readonly Span[]): RowMap {
  const before: number[] = [];
  let sum = 0;
  for (const span of hidden) {
    before.push(sum);
    sum += Math.max(Math.min(span.last, total - 1) - span.first + 1, 0);
  }
  const count = total - sum;
  return {
    count,
    line: (row) => {
      const index = lastWhere(hidden.length, (at) => (hidden[at]?.first ?? 0) - (before[at] ?? 0) <= row);
      if (index < 0) return row;
      const span = hidden[index];
      return row + (before[index] ?? 0) + (span ? span.last - span.first + 1 : 0);
    },
    row: (line) => {
      const index = lastWhere(hidden.length, (at) => (hidden[at]?.first ?? 0) <= line);
      if (index < 0) return Math.min(line, Math.max(count - 1, 0));
      const span = hidden[index];
      if (!span) return line;
      if (line <= span.last) return Math.max(span.first - (before[index] ?? 0) - 1, 0);
      return Math.min(line - (before[index] ?? 0) - (span.last - span.first + 1), Math.max(count - 1, 0));
    },
  };
}

/** Only these lines, in order. */
export function rowsOf(lines: readonly number[]): RowMap {
  return {
    count: lines.length,
    line: (row) => lines[row] ?? 0,
    row: (line) =>
      Math.max(
        lastWhere(lines.length, (at) => (lines[at] ?? 0) <= line),
        0,
      ),
  };
}

/** The last index below `count` for which a condition holds that holds up to some index; -1 if for none. */
export function lastWhere(count: number, holds: (index: number) => boolean): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(middle)) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
