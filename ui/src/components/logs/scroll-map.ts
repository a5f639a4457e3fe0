/** Browsers cut elements at 16 to 33 million pixels: a longer log is scrolled on a shorter scale. */
const TALLEST = 8_000_000;
export const ROW_PX = 18;

/** What is at the top of the view: a row and the pixels of it that are above the view. */
export interface Place {
  row: number;
  offset: number;
}

/** The sizes of a view: rows in all, height of the view, and heights of rows (18 pixels where it was not measured). */
export interface View {
  count: number;
  height: number;
  heightOf: (row: number) => number;
}

/** The height of the element that is scrolled. */
export function scrollHeight({ count, height }: View): number {
  return Math.max(Math.min(count * ROW_PX, TALLEST), height);
}

/** How far an element can be scrolled. */
export function scrollRange(view: View): number {
  return scrollHeight(view) - view.height;
}

/** The place that belongs to a position of the scroll bar. */
export function placeAt(view: View, top: number): Place {
  const rows = Math.max(view.count - view.height / ROW_PX, 0);
  const range = scrollRange(view);
  const exact = range > 0 ? (Math.min(Math.max(top, 0), range) / range) * rows : 0;
  const row = Math.floor(exact);
  return { row, offset: (exact - row) * ROW_PX };
}

/** The position of the scroll bar that belongs to a place. */
export function topOf(view: View, place: Place): number {
  const rows = Math.max(view.count - view.height / ROW_PX, 0);
  if (rows === 0) return 0;
  const exact = place.row + Math.min(place.offset / view.heightOf(place.row), 1);
  return Math.min(exact / rows, 1) * scrollRange(view);
}

/** The place some pixels further down, or up. */
export function placeBeyond(view: View, { row, offset }: Place, pixels: number): Place {
  const last = view.count - 1;
  let [at, rest] = [row, offset + pixels];
  while (rest < 0 && at > 0) {
    at -= 1;
    rest += view.heightOf(at);
  }
  while (at < last && rest >= view.heightOf(at)) {
    rest -= view.heightOf(at);
    at += 1;
  }
  return { row: at, offset: Math.max(rest, 0) };
}

/** The place at which the last row ends at the bottom of the view. */
export function lastPlace(view: View): Place {
  return placeBack(view, view.count, view.height);
}

/** The place from which `row` begins `pixels` below the top of the view. */
export function placeBack(view: View, row: number, pixels: number): Place {
  let [at, rest] = [row, pixels];
  while (rest > 0 && at > 0) {
    at -= 1;
    rest -= view.heightOf(at);
  }
  return { row: Math.max(at, 0), offset: Math.max(-rest, 0) };
}

export function isBeyond(a: Place, b: Place): boolean {
  return a.row > b.row || (a.row === b.row && a.offset >= b.offset - 1);
}

/** The place after the scroll bar went to `top`: short ways are as long as in pixels, long ones go where the bar says. */
export function placeAfter(view: View, place: Place, before: number, top: number): Place {
  if (top <= 0) return { row: 0, offset: 0 };
  if (top >= scrollRange(view) - 1) return lastPlace(view);
  const way = top - before;
  const next = Math.abs(way) <= view.height * 1.5 ? placeBeyond(view, place, way) : placeAt(view, top);
  const last = lastPlace(view);
  return isBeyond(next, last) ? last : next;
}
