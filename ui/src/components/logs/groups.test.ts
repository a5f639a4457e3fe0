import { expect, test } from "vitest";
import { firstFrom, GroupMarks } from "./group-marks";
import { groupAt, groupsOf, hiddenSpans } from "./groups";
import { readLines, writeLines } from "./line-range";
import { rowsOf, rowsWithout } from "./row-map";

test("groups end at their end, at the next one, or with the log", () => {
  expect(groupsOf([2, 10, 20], [5, 30], 40)).toEqual([
    { first: 2, last: 5, hasEnd: true },
    { first: 10, last: 19, hasEnd: false },
    { first: 20, last: 30, hasEnd: true },
  ]);
  expect(groupsOf([7], [3], 9)).toEqual([{ first: 7, last: 8, hasEnd: false }]);
});

test("the group of a line", () => {
  const groups = groupsOf([2, 10], [5, 12], 20);
  expect([1, 2, 5, 6, 11, 13].map((line) => groupAt(groups, line)?.first)).toEqual([
    undefined,
    2,
    2,
    undefined,
    10,
    undefined,
  ]);
});

test("folded groups show their name, open ones all but their end", () => {
  const groups = groupsOf([2, 10], [5, 12], 20);
  expect(hiddenSpans(groups, (group) => group.first === 2)).toEqual([
    { first: 5, last: 5 },
    { first: 11, last: 12 },
  ]);
});

test("rows and lines map to each other", () => {
  const hidden = [
    { first: 3, last: 5 },
    { first: 11, last: 12 },
  ];
  const rows = rowsWithout(20, hidden);
  const shown = Array.from({ length: 20 }, (_, line) => line).filter(
    (line) => !hidden.some(({ first, last }) => line >= first && line <= last),
  );
  expect(rows.count).toBe(shown.length);
  expect(shown.map((_, row) => rows.line(row))).toEqual(shown);
  expect(shown.map((line) => rows.row(line))).toEqual(shown.map((_, row) => row));
  expect(rows.row(4)).toBe(2);
  expect(rows.row(12)).toBe(7);
});

test("a million lines without groups, and some lines only", () => {
  expect(rowsWithout(1_000_000, []).line(999_999)).toBe(999_999);
  const some = rowsOf([4, 9, 100]);
  expect([some.count, some.line(1), some.row(9), some.row(50), some.row(0)]).toEqual([3, 9, 1, 1, 0]);
});

test("marks of groups are kept in order, in whatever order they are found", () => {
  const marks = new GroupMarks();
  marks.look(100, [
    { at: 0, text: "::group::Build", stream: "stdout" },
    { at: 0, text: "echo ::group::no", stream: "stdout" },
    { at: 0, text: "\x1b[36m##[endgroup]", stream: "stdout" },
  ]);
  marks.add([5, 100], [50]);
  expect(marks.starts).toEqual([5, 100]);
  expect(marks.ends).toEqual([50, 102]);
  expect(firstFrom(marks.starts, 6)).toBe(1);
});

test("lines of the URL", () => {
  expect(readLines("459-463")).toEqual({ first: 458, last: 462 });
  expect(readLines("463-459")).toEqual({ first: 458, last: 462 });
  expect(readLines("7")).toEqual({ first: 6, last: 6 });
  for (const text of ["0", "a", "", "1-", "-5", undefined]) expect(readLines(text)).toBeNull();
  expect(writeLines({ first: 458, last: 462 })).toBe("459-463");
});
