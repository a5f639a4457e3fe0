import { expect, test } from "vitest";
import { reasonBeside } from "./reason";

test("a step that is told beside the reason is not told twice", () => {
  expect(reasonBeside("load", "load: no such table")).toBe("no such table");
  expect(reasonBeside("load", "loaded: no such table")).toBe("loaded: no such table");
  expect(reasonBeside(null, "load: no such table")).toBe("load: no such table");
});
