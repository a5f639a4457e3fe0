import type { AnsiColour, AnsiStyle } from "./ansi";

const NAMES = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"];

/** The CSS of a style. Colours keep their hue; their lightness is moved until they can be read on the ground of the theme. */
export function cssOf(style: AnsiStyle): React.CSSProperties | undefined {
  const { inverse, bold, dim, italic, underline, strike } = style;
  const ink = inverse ? (style.bg ?? null) : style.fg;
  const ground = inverse ? (style.fg ?? "text") : style.bg;
  if (ink === null && ground === null && !bold && !dim && !italic && !underline && !strike) return undefined;
  const css: React.CSSProperties = {};
  if (ground !== null) {
    css.background = `color-mix(in oklab, ${colourOf(ground)} 14%, var(--surface))`;
    css.color = ink === null ? "var(--text)" : clamped(colourOf(ink), "on");
  } else if (ink !== null) css.color = typeof ink === "number" ? colourOf(ink) : clamped(ink, "log");
  else if (dim) css.color = "var(--text-3)";
  if (bold) css.fontWeight = 700;
  if (italic) css.fontStyle = "italic";
  if (underline || strike)
    css.textDecorationLine = [underline && "underline", strike && "line-through"].filter(Boolean).join(" ");
  return css;
}

function colourOf(colour: AnsiColour | "text"): string {
  if (colour === "text") return "var(--text)";
  if (typeof colour === "string") return colour;
  return colour < 8 ? `var(--ansi-${NAMES[colour]})` : `var(--ansi-bright-${NAMES[colour - 8]})`;
}

function clamped(colour: string, ground: "log" | "on"): string {
  return `oklch(from ${colour} clamp(var(--ansi-${ground}-min), l, var(--ansi-${ground}-max)) c h)`;
}
