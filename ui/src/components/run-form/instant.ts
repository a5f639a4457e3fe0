/** The local time of an instant for a field of the browser; undefined for a text that is no instant. */
export function localOf(text: string): string | undefined {
  if (!text) return "";
  const at = new Date(text);
  if (Number.isNaN(at.getTime())) return undefined;
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
}

/** A local time as clocks show it: one that they skip when they go forward is moved on by what they skip. */
export function onClocks(local: string): string {
  const at = new Date(local);
  if (Number.isNaN(at.getTime())) return local;
  const day = `${String(at.getFullYear()).padStart(4, "0")}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${day}T${two(at.getHours())}:${two(at.getMinutes())}${local.slice(16)}`;
}

/** A local time with the offset of the viewer's zone at that time: `2026-11-26T09:00:00+01:00`. */
export function withOffset(local: string): string {
  if (!local) return "";
  const minutes = -new Date(local).getTimezoneOffset();
  const offset = `${minutes < 0 ? "-" : "+"}${two(minutes / 60)}:${two(minutes % 60)}`;
  const shown = onClocks(local);
  return `${shown.length === 16 ? `${shown}:00` : shown}${offset}`;
}

function two(value: number): string {
  return String(Math.floor(Math.abs(value))).padStart(2, "0");
}
