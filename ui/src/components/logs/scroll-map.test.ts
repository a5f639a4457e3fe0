import { expect, test } from "vitest";
import {
  lastPlace,
  placeAfter,
  placeAt,
  placeBack,
  placeBeyond,
  ROW_PX,
  scrollHeight,
  scrollRange,
  topOf,
  type View,
} from "./scroll-map";

const view = (count: number, heightOf = (_row: number) => ROW_PX): View => ({ count, height: 720, heightOf });

test("short logs scroll pixel by pixel", () => {
  const log = view(1000);
  expect(scrollHeight(log)).toBe(18_000);
  expect(placeAt(log, 1809)).toEqual({ row: 100, offset: 9 });
  expect(topOf(log, { row: 100, offset: 9 })).toBeCloseTo(1809);
  expect(placeAfter(log, { row: 100, offset: 9 }, 1809, 1900)).toEqual({ row: 105, offset: 10 });
});

test("a log that fits does not scroll", () => {
  expect(scrollRange(view(3))).toBe(0);
  expect(lastPlace(view(3))).toEqual({ row: 0, offset: 0 });
  expect(topOf(view(3), { row: 0, offset: 0 })).toBe(0);
});

test("a log of ten million lines fits into what browsers can scroll, and each line can be reached", () => {
  const log = view(10_000_000);
  expect(scrollHeight(log)).toBe(8_000_000);
  for (const row of [0, 1, 77_777, 5_000_000, 9_999_950]) {
    const place = placeAt(log, topOf(log, { row, offset: 0 }));
    expect(place.row + place.offset / ROW_PX).toBeCloseTo(row, 3);
  }
  expect(placeAt(log, scrollRange(log))).toMatchObject({ row: 9_999_960 });
});

test("short ways are exact on any scale, long ones go where the bar says", () => {
  const log = view(10_000_000);
  const place = { row: 5_000_000, offset: 0 };
  const top = topOf(log, place);
  expect(placeAfter(log, place, top, top + 100)).toEqual({ row: 5_000_005, offset: 10 });
  expect(placeAfter(log, place, top, top - 100)).toEqual({ row: 4_999_994, offset: 8 });
  expect(placeAfter(log, place, top, 0)).toEqual({ row: 0, offset: 0 });
  expect(placeAfter(log, place, top, scrollRange(log))).toEqual(lastPlace(log));
  expect(placeAfter(log, place, top, 6_000_000).row).toBe(placeAt(log, 6_000_000).row);
});

test("wrapped lines have heights of their own", () => {
  const log = view(100, (row) => (row % 2 ? 54 : 18));
  expect(placeBeyond(log, { row: 0, offset: 0 }, 75)).toEqual({ row: 2, offset: 3 });
  expect(placeBeyond(log, { row: 2, offset: 3 }, -75)).toEqual({ row: 0, offset: 0 });
  expect(placeBack(log, 4, 60)).toEqual({ row: 2, offset: 12 });
  expect(placeBeyond(log, { row: 0, offset: 5 }, -50)).toEqual({ row: 0, offset: 0 });
});
