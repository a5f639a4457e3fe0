import type { ElkExtendedEdge, ElkNode } from "elkjs/lib/elk-api";
import type { State } from "@/components/ui/state-glyph";
import { elk } from "./elk";
import { layersOf } from "./layers";

/** A box of a graph. `group` is the id of the box that it lies in. */
export interface GraphNode {
  id: string;
  title: string;
  /** A second line, grey. */
  line?: string;
  group?: string;
  /** The type of its action, shown by an icon. */
  action?: string | null;
  /** A frame around the boxes in it. */
  isGroup?: boolean;
  /** A group that is closed: one box, with the number of those in it. */
  closed?: number;
  /** Drawn as a pile: it runs several times. */
  isStacked?: boolean;
  /** Drawn faintly: it may not run. */
  isConditional?: boolean;
  /** Shown by its glyph, with the share of its usual time that has passed while it runs. */
  state?: State;
  share?: number;
}

export interface GraphEdge {
  from: string;
  to: string;
  /** The way that is being gone, or one that will not be. */
  tone?: "way" | "none";
}

/** The size of a box, and the room between layers, in pixels. */
export interface BoxSize {
  width: number;
  height: number;
  gap: number;
}

/** Where a box lies, relative to the box around it, in pixels. */
export interface Place {
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface Layout {
  places: Map<string, Place>;
  /** The same in pixels of the whole graph. */
  absolute: Map<string, Place>;
  /** Corners of each edge, from its start to its end, in pixels of the whole graph; by `from to`. */
  routes: Map<string, { x: number; y: number }[]>;
}

/** Boxes of two lines. */
export const TWO_LINES: BoxSize = { width: 138, height: 44, gap: 28 };
/** For graphs of more boxes ELK takes seconds, and for thousands minutes. */
const MANY = 200;
const OPTIONS = {
  "elk.algorithm": "layered",
  "elk.direction": "RIGHT",
  "elk.edgeRouting": "ORTHOGONAL",
  "elk.spacing.nodeNode": "16",
  "elk.separateConnectedComponents": "false",
  "elk.layered.considerModelOrder.strategy": "NODES_AND_EDGES",
  "elk.json.edgeCoords": "ROOT",
};
const NESTED = { "elk.hierarchyHandling": "INCLUDE_CHILDREN" };

/** Lays boxes of one size out in layers from left to right; groups are as large as what is inside. */
export async function layOut(
  nodes: readonly GraphNode[],
  edges: readonly GraphEdge[],
  box: BoxSize = TWO_LINES,
): Promise<Layout> {
  if (nodes.length > MANY) return layersOf(nodes, edges, box);
  const boxes = new Map<string, ElkNode>();
  for (const node of nodes) {
    const size = node.isGroup ? {} : { width: box.width, height: box.height };
    const layoutOptions = node.isGroup ? { "elk.padding": "[top=28,left=12,bottom=12,right=12]" } : undefined;
    boxes.set(node.id, { id: node.id, ...size, layoutOptions, children: node.isGroup ? [] : undefined });
  }
  const roots: ElkNode[] = [];
  for (const node of nodes) {
    const own = boxes.get(node.id);
    const around = node.group === undefined ? undefined : boxes.get(node.group);
    if (own) (around?.children ?? roots).push(own);
  }
  const links = edges
    .filter(({ from, to }) => boxes.has(from) && boxes.has(to))
    .map(({ from, to }): ElkExtendedEdge => ({ id: `${from} ${to}`, sources: [from], targets: [to] }));
  const layoutOptions = {
    ...OPTIONS,
    ...(nodes.some((node) => node.isGroup) ? NESTED : {}),
    "elk.layered.spacing.nodeNodeBetweenLayers": String(box.gap),
    "elk.layered.spacing.edgeNodeBetweenLayers": String(Math.round(box.gap * 0.4)),
    "elk.layered.spacing.edgeEdgeBetweenLayers": String(Math.min(Math.round(box.gap * 0.4), 10)),
  };
  const result = await elk.layout({ id: " ", layoutOptions, children: roots, edges: links });
  const places = new Map<string, Place>();
  const absolute = new Map<string, Place>();
  const collect = (of: ElkNode, left: number, top: number) => {
    const { id, x = 0, y = 0, width = 0, height = 0 } = of;
    places.set(id, { x, y, width, height });
    absolute.set(id, { x: left + x, y: top + y, width, height });
    for (const child of of.children ?? []) collect(child, left + x, top + y);
  };
  for (const child of result.children ?? []) collect(child, 0, 0);
  const routes: Layout["routes"] = new Map();
  for (const edge of result.edges ?? []) {
    const part = edge.sections?.[0];
    if (part) routes.set(edge.id, [part.startPoint, ...(part.bendPoints ?? []), part.endPoint]);
  }
  return { places, absolute, routes };
}

/** The line through corners, each rounded by `radius` pixels at most. */
export function roundedPath(points: readonly { x: number; y: number }[], radius = 4): string {
  const [first, ...rest] = points;
  if (!first) return "";
  let path = `M${first.x} ${first.y}`;
  for (const [index, point] of rest.entries()) {
    const before = points[index] ?? first;
    const after = rest[index + 1];
    if (!after) {
      path += `L${point.x} ${point.y}`;
      continue;
    }
    const [enter, leave] = [towards(point, before, radius), towards(point, after, radius)];
    path += `L${enter.x} ${enter.y}Q${point.x} ${point.y} ${leave.x} ${leave.y}`;
  }
  return path;
}

function towards(from: { x: number; y: number }, to: { x: number; y: number }, most: number) {
  const length = Math.hypot(to.x - from.x, to.y - from.y) || 1;
  const share = Math.min(most, length / 2) / length;
  return { x: from.x + (to.x - from.x) * share, y: from.y + (to.y - from.y) * share };
}
