import { expect, test } from "vitest";
import { afterSgr, PLAIN, parseAnsi } from "./ansi";
import { cssOf } from "./ansi-css";

const ESC = "\x1b";
const plain = (text: string) =>
  parseAnsi(text, PLAIN)
    .spans.map((span) => span.text)
    .join("");

test("a line without escapes is one span", () => {
  expect(parseAnsi("a < b & c", PLAIN)).toEqual({ spans: [{ text: "a < b & c", style: PLAIN }], end: PLAIN });
  expect(parseAnsi("", PLAIN).spans).toEqual([]);
});

test("colours and weights begin and end", () => {
  const { spans, end } = parseAnsi(`${ESC}[1;31merror${ESC}[22m red ${ESC}[0mplain`, PLAIN);
  expect(spans.map(({ text, style }) => [text, style.fg, style.bold])).toEqual([
    ["error", 1, true],
    [" red ", 1, false],
    ["plain", null, false],
  ]);
  expect(end).toEqual(PLAIN);
});

test("a style goes on in the next line", () => {
  const first = parseAnsi(`${ESC}[32mgreen`, PLAIN);
  expect(parseAnsi("still", first.end).spans[0]?.style.fg).toBe(2);
});

test.each([
  ["38;5;9", 9],
  ["38;5;196", "#ff0000"],
  ["38;5;244", "#808080"],
  ["38;2;1;2;255", "#0102ff"],
  ["38:2::1:2:255", "#0102ff"],
  ["38:2:1:2:255", "#0102ff"],
  ["38:5:196", "#ff0000"],
  ["97", 15],
  ["38;5;300", null],
  ["38;2;999;0;0", null],
])("the colour of %s", (parameters, colour) => {
  expect(afterSgr(PLAIN, parameters).fg).toBe(colour);
});

test("codes behind an extended colour hold too", () => {
  expect(afterSgr(PLAIN, "38;5;196;1;48;2;0;0;0")).toMatchObject({ fg: "#ff0000", bold: true, bg: "#000000" });
  expect(afterSgr({ ...PLAIN, bold: true, fg: 3 }, "")).toEqual(PLAIN);
});

test("carriage returns leave the last state", () => {
  expect(plain("10 %\r50 %\r100 %")).toBe("100 %");
  expect(plain("downloading\rdone")).toBe("doneloading");
  expect(plain(`downloading\r${ESC}[Kdone`)).toBe("done");
  expect(plain(`downloading${ESC}[2K\rdone`)).toBe("done");
  expect(plain("line\r")).toBe("line");
  expect(plain("ab\bc")).toBe("ac");
  expect(plain(`${ESC}[5Gx`)).toBe("    x");
});

test("no sequence makes a line endless", () => {
  expect(plain(`${ESC}[999999999Cx`).length).toBeLessThanOrEqual(10_001);
});

test("control characters and other sequences are taken out", () => {
  expect(plain(`a${ESC}[?25lb${ESC}]0;title\x07c\x00d${ESC}(Be${ESC}Pdevice${ESC}\\f\u202eg`)).toBe("abcdefg");
  expect(plain("a\tb")).toBe("a\tb");
  expect(plain(`cut ${ESC}`)).toBe("cut ");
  expect(plain(`cut ${ESC}[31`)).toBe("cut 31");
});

test("many commands without an end are taken out in one pass", () => {
  expect(plain(`${"\x9d".repeat(200_000)}end`)).toBe("end");
  expect(plain(`${"\x9dtext".repeat(50_000)}\x07end`)).toBe(`${"text".repeat(49_999)}end`);
});

test("only addresses of the web become links", () => {
  const link = (address: string) =>
    parseAnsi(`${ESC}]8;id=1;${address}${ESC}\\text${ESC}]8;;${ESC}\\ after`, PLAIN).spans.map((span) => [
      span.text,
      span.style.link,
    ]);
  expect(link("https://example.org/a;b")).toEqual([
    ["text", "https://example.org/a;b"],
    [" after", null],
  ]);
  expect(link("javascript:alert(1)")[0]?.[1] ?? null).toBeNull();
  expect(link("file:///etc/passwd")[0]?.[1] ?? null).toBeNull();
});

test("colours of the palette are tokens, others are kept readable", () => {
  expect(cssOf(PLAIN)).toBeUndefined();
  expect(cssOf({ ...PLAIN, fg: 1 })?.color).toBe("var(--ansi-red)");
  expect(cssOf({ ...PLAIN, fg: 9 })?.color).toBe("var(--ansi-bright-red)");
  expect(cssOf({ ...PLAIN, fg: "#ffff00" })?.color).toContain("clamp(var(--ansi-log-min), l, var(--ansi-log-max))");
  expect(cssOf({ ...PLAIN, inverse: true })).toMatchObject({ color: "var(--text)" });
});
