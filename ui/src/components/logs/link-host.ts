import type { AnsiSpan } from "./ansi";

const HOST = /[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)+/gu;

/** The host of the link that ends with a span, where the link's text names another one; else null. */
export function hostBeside(spans: readonly AnsiSpan[], index: number): string | null {
  const link = spans[index]?.style.link;
  if (!link || spans[index + 1]?.style.link === link) return null;
  let text = "";
  for (let at = index; at >= 0 && spans[at]?.style.link === link; at -= 1) text = `${spans[at]?.text}${text}`;
  const { hostname, host } = new URL(link);
  const named = text.match(HOST) ?? [];
  return named.length > 0 && named[0]?.toLowerCase() !== hostname ? host : null;
}
