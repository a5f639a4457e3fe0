import { expect, test, vi } from "vitest";
import { layOut, roundedPath } from "./layout";

vi.mock("./elk", async () => {
  const { default: ELK } = await import("elkjs/lib/elk.bundled.js");
  return { elk: new ELK() };
});

test("boxes lie in layers from left to right, those of a group in it", async () => {
  const nodes = [
    { id: "a", title: "a" },
    { id: "g", title: "g", isGroup: true },
    { id: "g.b", title: "b", group: "g" },
    { id: "c", title: "c" },
  ];
  const edges = [
    { from: "a", to: "g" },
    { from: "a", to: "c" },
    { from: "a", to: "nothing" },
  ];
  const { places, routes } = await layOut(nodes, edges);
  expect(places.size).toBe(4);
  expect(places.get("c")?.x).toBeGreaterThan((places.get("a")?.x ?? 0) + 100);
  expect(places.get("g")?.width).toBeGreaterThan(places.get("g.b")?.width ?? 0);
  expect([...routes.keys()]).toEqual(["a g", "a c"]);
});

test("corners are round", () => {
  const path = roundedPath([
    { x: 0, y: 0 },
    { x: 20, y: 0 },
    { x: 20, y: 20 },
  ]);
  expect(path).toBe("M0 0L16 0Q20 0 20 4L20 20");
});
