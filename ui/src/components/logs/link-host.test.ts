import { expect, test } from "vitest";
import { type AnsiSpan, PLAIN } from "./ansi";
import { hostBeside } from "./link-host";

const linked = (link: string | null, ...texts: string[]): AnsiSpan[] =>
  texts.map((text) => ({ text, style: { ...PLAIN, link } }));

test("a link whose text names another host tells its own", () => {
  const host = (link: string, ...texts: string[]) => hostBeside(linked(link, ...texts), texts.length - 1);
  expect(host("https://evil.example/a", "https://github.com/strom")).toBe("evil.example");
  expect(host("https://evil.example:8443/a", "git", "hub", ".com")).toBe("evil.example:8443");
  expect(host("https://github.com/a", "https://GitHub.com/b")).toBeNull();
  expect(host("https://github.com/a", "the report")).toBeNull();
});

test("the host stands after the last span of the link only", () => {
  expect(hostBeside(linked("https://evil.example/", "https://github.com", "/x"), 0)).toBeNull();
  expect(hostBeside(linked(null, "https://github.com"), 0)).toBeNull();
});
