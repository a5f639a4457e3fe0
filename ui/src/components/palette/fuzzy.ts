/** How well a text suits what was typed, higher is better, and the places of the letters that suit. */
export interface Hit {
  score: number;
  marks: readonly number[];
}

/**
 * Finds the letters of `typed` in `text` in their order; null when they are not all there. Letters in a row and at the
 * beginnings of words count more, and short texts before long ones.
 */
export function fuzzy(text: string, typed: string): Hit | null {
  const low = text.toLowerCase();
  const wanted = typed.toLowerCase().replace(/\s+/g, "");
  if (!wanted) return { score: 0, marks: [] };
  const whole = low.indexOf(wanted);
  if (whole >= 0) {
    const marks = Array.from(wanted, (_, index) => whole + index);
    return { score: 1000 + (isStart(low, whole) ? 200 : 0) - low.length, marks };
  }
  const marks: number[] = [];
  let score = -low.length;
  let at = 0;
  for (const letter of wanted) {
    const found = low.indexOf(letter, at);
    if (found < 0) return null;
    score += isStart(low, found) ? 20 : found === at ? 10 : 0;
    marks.push(found);
    at = found + 1;
  }
  return { score, marks };
}

function isStart(text: string, index: number): boolean {
  return index === 0 || /[^a-z0-9]/.test(text[index - 1] ?? "");
}
