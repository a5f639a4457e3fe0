/** What is wrong, and the hint as a sentence of its own. */
export function problemWords({ message, hint }: { message: string; hint?: string | null }): string {
  if (!hint) return message;
  const sentence = hint.charAt(0).toUpperCase() + hint.slice(1);
  return /[.?!]$/.test(message) ? `${message} ${sentence}` : `${message}. ${sentence}`;
}
