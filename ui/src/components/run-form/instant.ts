/** The local time of an instant for a field of the browser; undefined for a text that is no instant. */
export function localOf(text: string): string | undefined {
  if (!text) return "";
  const at = new Date(text);
  if (Number.isNaN(at.getTime())) return undefined;
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
}

/** A local time with the offset of the viewer's zone at that time: `2026-11-26T09:00:00+01:00`. */
export function withOffset(local: string): string {
  if (!local) return "";
  const minutes = -new Date(local).getTimezoneOffset();
  const two = (value: number) => String(Math.floor(Math.abs(value))).padStart(2, "0");
  const offset = `${minutes < 0 ? "-" : "+"}${two(minutes / 60)}:${two(minutes % 60)}`;
  return `${local.length === 16 ? `${local}:00` : local}${offset}`;
}
