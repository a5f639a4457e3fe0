import { sentence } from "./reason";

/** What is wrong, and the hint, each as a sentence of its own. */
export function problemWords({ message, hint }: { message: string; hint?: string | null }): string {
  const first = begun(sentence(message));
  if (!hint) return first;
  return `${first}${/[.?!]$/.test(message) ? "" : "."} ${begun(sentence(hint))}`;
}

function begun(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1);
}
