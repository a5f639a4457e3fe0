import { expect, test } from "vitest";
import { agentWords } from "./agent-words";

const CHROME = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0.0.0 Safari/537.36";

test("a browser is told with its system, a program with its name", () => {
  expect(agentWords(`Mozilla/5.0 (X11; Linux x86_64) ${CHROME}`)).toBe("Chrome on Linux");
  expect(agentWords(`Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${CHROME} Edg/139.0.0.0`)).toBe("Edge on Windows");
  expect(agentWords("Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")).toBe(
    "Firefox on Linux",
  );
  expect(
    agentWords("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605 Version/18.0 Safari/604.1"),
  ).toBe("Safari on iOS");
  expect(agentWords("stroem/0.1.0 (linux)")).toBe("stroem/0.1.0");
  expect(agentWords(null)).toBe("unknown program");
});
