import ELK, { type ElkExtendedEdge, type ElkNode } from "elkjs/lib/elk.bundled.js";

/** A box of a graph. `group` is the id of the box that it lies in. */
export interface GraphNode {
  id: string;
  title: string;
  /** A second line, grey. */
  line?: string;
  group?: string;
  isGroup?: boolean;
  /** Drawn as a pile: it runs several times. */
  isStacked?: boolean;
  /** Drawn faintly: it may not run. */
  isConditional?: boolean;
}

export interface GraphEdge {
  from: string;
  to: string;
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
  /** Corners of each edge, from its start to its end, in pixels of the whole graph; by `from to`. */
  routes: Map<string, { x: number; y: number }[]>;
}

export const NODE_WIDTH = 138;
export const NODE_HEIGHT = 44;
const OPTIONS = {
  "elk.algorithm": "layered",
  "elk.direction": "RIGHT",
  "elk.edgeRouting": "ORTHOGONAL",
  "elk.hierarchyHandling": "INCLUDE_CHILDREN",
  "elk.spacing.nodeNode": "16",
  "elk.layered.spacing.nodeNodeBetweenLayers": "28",
  "elk.layered.spacing.edgeNodeBetweenLayers": "12",
  "elk.json.edgeCoords": "ROOT",
};
const elk = new ELK();

/** Lays boxes out in layers from left to right. */
export async function layOut(nodes: readonly GraphNode[], edges: readonly GraphEdge[]): Promise<Layout> {
  const boxes = new Map<string, ElkNode>();
  for (const node of nodes) {
    const size = node.isGroup ? {} : { width: NODE_WIDTH, height: NODE_HEIGHT };
    const layoutOptions = node.isGroup ? { "elk.padding": "[top=28,left=12,bottom=12,right=12]" } : undefined;
    boxes.set(node.id, { id: node.id, ...size, layoutOptions, children: node.isGroup ? [] : undefined });
  }
  const roots: ElkNode[] = [];
  for (const node of nodes) {
    const box = boxes.get(node.id);
    const around = node.group === undefined ? undefined : boxes.get(node.group);
    if (box) (around?.children ?? roots).push(box);
  }
  const links = edges
    .filter(({ from, to }) => boxes.has(from) && boxes.has(to))
    .map(({ from, to }): ElkExtendedEdge => ({ id: `${from} ${to}`, sources: [from], targets: [to] }));
  const result = await elk.layout({ id: " ", layoutOptions: OPTIONS, children: roots, edges: links });
  const places = new Map<string, Place>();
  const collect = (box: ElkNode) => {
    places.set(box.id, { x: box.x ?? 0, y: box.y ?? 0, width: box.width ?? 0, height: box.height ?? 0 });
    for (const child of box.children ?? []) collect(child);
  };
  for (const box of result.children ?? []) collect(box);
  const routes: Layout["routes"] = new Map();
  for (const edge of result.edges ?? []) {
    const part = edge.sections?.[0];
    if (part) routes.set(edge.id, [part.startPoint, ...(part.bendPoints ?? []), part.endPoint]);
  }
  return { places, routes };
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
