import { expect, test } from "vitest";
import { nearest, neighbour } from "./neighbour";

const box = (x: number, y: number) => ({ x, y, width: 100, height: 32 });
const layout = {
  absolute: new Map([
    ["a", box(0, 40)],
    ["b", box(140, 0)],
    ["c", box(140, 40)],
    ["d", box(140, 80)],
  ]),
};
const edges = ["b", "c", "d"].map((to) => ({ from: "a", to }));

test("arrows follow edges and move in a layer", () => {
  expect(neighbour(layout, edges, "a", "ArrowRight")).toBe("c");
  expect(neighbour(layout, edges, "d", "ArrowLeft")).toBe("a");
  expect(neighbour(layout, edges, "c", "ArrowUp")).toBe("b");
  expect(neighbour(layout, edges, "c", "ArrowDown")).toBe("d");
  expect(neighbour(layout, edges, "b", "ArrowUp")).toBeNull();
  expect(neighbour(layout, edges, "a", "x")).toBeNull();
  expect(nearest(layout)).toBe("a");
});
