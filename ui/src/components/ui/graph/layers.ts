import type { BoxSize, GraphEdge, GraphNode, Layout, Place } from "./layout";

const ROOM = 16;
const PADDING = { top: 28, side: 12 };
const SWEEPS = 4;
const ROOT = "";

/**
 * Lays large graphs out in a time that grows with their size only: layers from left to right, in each of which boxes
 * are near the ones that they are linked with. Lines may run behind boxes, which those of small graphs never do.
 */
export function layersOf(nodes: readonly GraphNode[], edges: readonly GraphEdge[], box: BoxSize): Layout {
  const groups = new Map<string, string>();
  const inside = new Map<string, string[]>([[ROOT, []]]);
  for (const { id, isGroup } of nodes) if (isGroup) inside.set(id, []);
  for (const { id, group } of nodes) {
    const around = group !== undefined && inside.has(group) ? group : ROOT;
    groups.set(id, around);
    inside.get(around)?.push(id);
  }
  const links = new Map<string, [from: string, to: string][]>();
  for (const { from, to } of edges) {
    if (!groups.has(from) || !groups.has(to) || from === to) continue;
    const [group, ...ends] = meeting(from, to, groups);
    if (ends[0] === ends[1]) continue;
    const own = links.get(group) ?? [];
    own.push(ends);
    links.set(group, own);
  }
  const places = new Map<string, Place>();
  const fill = (group: string): { width: number; height: number } => {
    const ids = inside.get(group) ?? [];
    for (const id of ids) {
      const size = inside.has(id) ? fill(id) : box;
      places.set(id, { x: 0, y: 0, width: size.width, height: size.height });
    }
    return arrange(ids, links.get(group) ?? [], places, box.gap, group === ROOT ? { top: 0, side: 0 } : PADDING);
  };
  fill(ROOT);
  const absolute = new Map<string, Place>();
  const spread = (group: string, left: number, top: number) => {
    for (const id of inside.get(group) ?? []) {
      const place = places.get(id);
      if (!place) continue;
      const found = { ...place, x: left + place.x, y: top + place.y };
      absolute.set(id, found);
      spread(id, found.x, found.y);
    }
  };
  spread(ROOT, 0, 0);
  const routes: Layout["routes"] = new Map();
  for (const { from, to } of edges) {
    const [start, end] = [absolute.get(from), absolute.get(to)];
    if (start && end) routes.set(`${from} ${to}`, routeOf(start, end, box.gap));
  }
  return { places, absolute, routes };
}

/** The innermost group around both ends of a link, and the boxes directly in it that are or hold them. */
function meeting(from: string, to: string, groups: Map<string, string>): [group: string, from: string, to: string] {
  const path = (id: string) => {
    const found = [id];
    for (let one = groups.get(id); one; one = groups.get(one)) found.push(one);
    return found.reverse();
  };
  const [a, b] = [path(from), path(to)];
  let depth = 0;
  while (depth < Math.min(a.length, b.length) - 1 && a[depth] === b[depth]) depth += 1;
  return [a[depth - 1] ?? ROOT, a[depth] ?? from, b[depth] ?? to];
}

/** Places boxes that are in the same group; gives the size of what is around them. */
function arrange(
  ids: readonly string[],
  links: readonly (readonly [string, string])[],
  places: Map<string, Place>,
  gap: number,
  padding: { top: number; side: number },
): { width: number; height: number } {
  const sizeOf = (id: string) => places.get(id) ?? { width: 0, height: 0 };
  const layers = sorted(layered(ids, links), links);
  const heights = layers.map((layer) => layer.reduce((sum, id) => sum + sizeOf(id).height + ROOM, -ROOM));
  const most = Math.max(...heights, 0);
  let x = padding.side;
  for (const [index, layer] of layers.entries()) {
    const width = Math.max(...layer.map((id) => sizeOf(id).width));
    let y = padding.top + (most - (heights[index] ?? 0)) / 2;
    for (const id of layer) {
      const size = sizeOf(id);
      places.set(id, { x: x + (width - size.width) / 2, y, width: size.width, height: size.height });
      y += size.height + ROOM;
    }
    x += width + gap;
  }
  return { width: x - gap + padding.side, height: padding.top + most + padding.side };
}

/** Boxes by their distance from the first ones, by the longest way. What lies in a circle comes last. */
function layered(ids: readonly string[], links: readonly (readonly [string, string])[]): string[][] {
  const open = new Map(ids.map((id) => [id, 0]));
  const next = new Map<string, string[]>();
  for (const [from, to] of links) {
    open.set(to, (open.get(to) ?? 0) + 1);
    const own = next.get(from) ?? [];
    own.push(to);
    next.set(from, own);
  }
  const layers: string[][] = [];
  let layer = ids.filter((id) => !open.get(id));
  const left = new Set(ids);
  while (layer.length > 0) {
    layers.push(layer);
    const following: string[] = [];
    for (const id of layer) {
      left.delete(id);
      for (const to of next.get(id) ?? []) {
        const needs = (open.get(to) ?? 0) - 1;
        open.set(to, needs);
        if (needs === 0) following.push(to);
      }
    }
    layer = following;
  }
  if (left.size > 0) layers.push([...left]);
  return layers;
}

/** The same layers; each box at the mean place of those that it is linked with, to and fro. */
function sorted(layers: string[][], links: readonly (readonly [string, string])[]): string[][] {
  const linked = new Map<string, string[]>();
  const link = (one: string, other: string) => {
    const own = linked.get(one) ?? [];
    own.push(other);
    linked.set(one, own);
  };
  for (const [from, to] of links) {
    link(from, to);
    link(to, from);
  }
  const place = new Map<string, number>();
  const number = (layer: string[]) => {
    for (const [index, id] of layer.entries()) place.set(id, index - layer.length / 2);
  };
  for (const layer of layers) number(layer);
  const mean = (id: string) => {
    const near = linked.get(id) ?? [];
    return near.length ? near.reduce((sum, one) => sum + (place.get(one) ?? 0), 0) / near.length : (place.get(id) ?? 0);
  };
  for (let sweep = 0; sweep < SWEEPS; sweep += 1) {
    for (const layer of sweep % 2 ? layers.toReversed() : layers) {
      const means = new Map(layer.map((id) => [id, mean(id)]));
      layer.sort((a, b) => (means.get(a) ?? 0) - (means.get(b) ?? 0));
      number(layer);
    }
  }
  return layers;
}

/** From the right side of a box to the left side of another, with its corners before that. */
function routeOf(start: Place, end: Place, gap: number): { x: number; y: number }[] {
  const from = { x: start.x + start.width, y: start.y + start.height / 2 };
  const to = { x: end.x, y: end.y + end.height / 2 };
  if (from.y === to.y) return [from, to];
  const x = to.x - gap / 2;
  return [from, { x, y: from.y }, { x, y: to.y }, to];
}
