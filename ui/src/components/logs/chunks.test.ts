import { expect, test } from "vitest";
import { CHUNK_LINES, LogChunks } from "./chunks";

const records = (first: number, count: number, text = (line: number) => `line ${line}`) =>
  Array.from({ length: count }, (_, index) => ({ at: first + index, text: text(first + index), stream: "stdout" }));

function chunksOf(total: number): LogChunks {
  const chunks = new LogChunks();
  chunks.total = total;
  return chunks;
}

test("lines are found by their number", () => {
  const chunks = chunksOf(1200);
  chunks.put(1, records(500, 500));
  chunks.put(2, records(1000, 200));
  expect(chunks.line(500)?.plain).toBe("line 500");
  expect(chunks.line(1199)?.plain).toBe("line 1199");
  expect(chunks.line(3)).toBeUndefined();
  expect([0, 1, 2].map((index) => chunks.has(index))).toEqual([false, true, true]);
});

test("what was not used for longest leaves first", () => {
  const chunks = chunksOf(200 * CHUNK_LINES);
  for (let index = 0; index < 80; index += 1) chunks.put(index, records(index * CHUNK_LINES, CHUNK_LINES));
  chunks.line(0);
  for (let index = 80; index < 120; index += 1) chunks.put(index, records(index * CHUNK_LINES, CHUNK_LINES));
  expect(chunks.size.chunks).toBe(80);
  expect(chunks.has(0)).toBe(true);
  expect(chunks.has(1)).toBe(false);
});

test("long lines leave no more room than short ones", () => {
  const chunks = chunksOf(100 * CHUNK_LINES);
  const long = "x".repeat(10_000);
  for (let index = 0; index < 20; index += 1)
    chunks.put(
      index,
      records(index * CHUNK_LINES, CHUNK_LINES, () => long),
    );
  expect(chunks.size.characters).toBeLessThanOrEqual(24_000_000);
});

test("a log grows over the bounds of chunks", () => {
  const chunks = chunksOf(0);
  chunks.append(records(0, 700));
  chunks.append(records(700, 1));
  expect(chunks.total).toBe(701);
  expect([0, 499, 500, 700].map((line) => chunks.line(line)?.plain)).toEqual(
    [0, 499, 500, 700].map((line) => `line ${line}`),
  );
});

test("lines that come for a chunk that is not in memory are counted", () => {
  const chunks = chunksOf(1_000_100);
  chunks.append(records(1_000_100, 3));
  expect(chunks.total).toBe(1_000_103);
  expect(chunks.line(1_000_101)).toBeUndefined();
});

test("lines behind the end are not taken in twice", () => {
  const chunks = chunksOf(2);
  chunks.put(0, records(0, 5));
  chunks.append(records(2, 3));
  expect(chunks.total).toBe(5);
  expect(chunks.line(4)?.plain).toBe("line 4");
});

test("a chunk that came before it grew is asked for again", () => {
  const chunks = chunksOf(510);
  chunks.put(1, records(500, 4));
  expect(chunks.has(1)).toBe(false);
});

test("styles go on from chunk to chunk, whichever comes first", () => {
  const chunks = chunksOf(1000);
  chunks.put(1, records(500, 500));
  expect(chunks.line(500)?.spans[0]?.style.fg).toBeNull();
  chunks.put(
    0,
    records(0, 500, (line) => (line === 499 ? "\x1b[31mred" : "plain")),
  );
  chunks.line(0);
  expect(chunks.line(500)?.spans[0]?.style.fg).toBe(1);
  expect(chunks.line(999)?.spans[0]?.style.fg).toBe(1);
});

test("the end of a log can be nearer than it was thought", () => {
  const chunks = chunksOf(1000);
  chunks.put(1, records(500, 500));
  chunks.truncate(600);
  expect(chunks.total).toBe(600);
  expect(chunks.has(1)).toBe(false);
});
