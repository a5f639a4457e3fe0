import { expect, test } from "vitest";
import { layersOf } from "./layers";
import type { GraphEdge, GraphNode } from "./layout";

const BOX = { width: 100, height: 30, gap: 20 };

function chainOf(count: number, wide: number): { nodes: GraphNode[]; edges: GraphEdge[] } {
  const nodes = Array.from({ length: count }, (_, index) => ({ id: `s${index}`, title: `s${index}` }));
  const edges = nodes.slice(wide).map((node, index) => ({ from: `s${index}`, to: node.id }));
  return { nodes, edges };
}

test("each box is to the right of those that it follows, and none lies on another", () => {
  const { nodes, edges } = chainOf(60, 6);
  const { places, routes } = layersOf(nodes, edges, BOX);
  expect(places.size).toBe(60);
  for (const { from, to } of edges) {
    const [start, end] = [places.get(from), places.get(to)];
    expect((start?.x ?? 0) + BOX.width + BOX.gap).toBeLessThanOrEqual(end?.x ?? 0);
    expect(routes.get(`${from} ${to}`)?.at(-1)).toEqual({ x: end?.x, y: (end?.y ?? 0) + BOX.height / 2 });
  }
  const spots = new Set([...places.values()].map(({ x, y }) => `${x} ${y}`));
  expect(spots.size).toBe(60);
});

test("boxes of a group lie in it, and what follows one of them is to the right of the group", () => {
  const nodes = [
    { id: "a", title: "a" },
    { id: "g", title: "g", isGroup: true },
    { id: "g.b", title: "b", group: "g" },
    { id: "g.c", title: "c", group: "g" },
    { id: "d", title: "d" },
  ];
  const edges = [
    { from: "a", to: "g.b" },
    { from: "g.b", to: "g.c" },
    { from: "g.c", to: "d" },
    { from: "d", to: "nothing" },
  ];
  const { absolute, places, routes } = layersOf(nodes, edges, BOX);
  const group = absolute.get("g");
  expect(group?.width).toBe(2 * BOX.width + BOX.gap + 24);
  expect(places.get("g.b")).toMatchObject({ x: 12, y: 28 });
  expect(absolute.get("g.c")?.x).toBe((group?.x ?? 0) + 12 + BOX.width + BOX.gap);
  expect(absolute.get("d")?.x).toBeGreaterThan((group?.x ?? 0) + (group?.width ?? 0));
  expect([...routes.keys()]).toEqual(["a g.b", "g.b g.c", "g.c d"]);
});

test("boxes in a circle have places", () => {
  const nodes = ["a", "b", "c"].map((id) => ({ id, title: id }));
  const edges = [
    { from: "a", to: "b" },
    { from: "b", to: "c" },
    { from: "c", to: "b" },
  ];
  expect(layersOf(nodes, edges, BOX).places.size).toBe(3);
});

test("thousands of boxes are laid out within the time of a test", () => {
  const { nodes, edges } = chainOf(6000, 20);
  expect(layersOf(nodes, edges, BOX).places.size).toBe(6000);
});
