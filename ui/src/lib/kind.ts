/** The words of a kind as the API names it: `rolled_back` gives `rolled back`. */
export function kindWords(kind: string): string {
  return kind.replaceAll("_", " ");
}

/** `task evening`; a step that is defined in its task is named by both. */
export function definitionWords({ kind, name }: { kind: string; name: string }): string {
  const inline = /^_inline:([^:]+):(.+)$/.exec(name);
  if (inline) return `step ${inline[2]} of ${inline[1]}`;
  return `${kindWords(kind)} ${name}`;
}
