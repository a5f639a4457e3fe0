import type { GraphEdge, Layout, Place } from "./layout";

/** The box to which an arrow key leads: along an edge to the left or right, or to the next one in the same layer. */
export function neighbour(
  layout: Pick<Layout, "absolute">,
  edges: readonly GraphEdge[],
  from: string | null,
  key: string,
): string | null {
  const own = from === null ? undefined : layout.absolute.get(from);
  if (!own || from === null) return null;
  if (key === "ArrowRight")
    return closest(
      edges.filter((edge) => edge.from === from).map((edge) => edge.to),
      own,
      layout,
    );
  if (key === "ArrowLeft")
    return closest(
      edges.filter((edge) => edge.to === from).map((edge) => edge.from),
      own,
      layout,
    );
  if (key !== "ArrowUp" && key !== "ArrowDown") return null;
  const sign = key === "ArrowUp" ? -1 : 1;
  const beside = [...layout.absolute]
    .filter(([id, place]) => id !== from && overlaps(place, own) && (middle(place) - middle(own)) * sign > 0)
    .map(([id]) => id);
  return closest(beside, own, layout);
}

/** The box at the start, when none is chosen. */
export function nearest(layout: Pick<Layout, "absolute">): string | null {
  const all = [...layout.absolute].sort(([, a], [, b]) => a.x - b.x || a.y - b.y);
  return all[0]?.[0] ?? null;
}

function closest(ids: string[], own: Place, layout: Pick<Layout, "absolute">): string | null {
  const distance = (id: string) => {
    const place = layout.absolute.get(id);
    return place ? Math.abs(middle(place) - middle(own)) : Number.POSITIVE_INFINITY;
  };
  return ids.sort((a, b) => distance(a) - distance(b))[0] ?? null;
}

function middle(place: Place): number {
  return place.y + place.height / 2;
}

function overlaps(a: Place, b: Place): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width;
}
