/** The words of a kind as the API names it: `rolled_back` gives `rolled back`. */
export function kindWords(kind: string): string {
  if (kind === "unpinned") return "follows git again";
  return kind.replaceAll("_", " ");
}

/** What led to a release or an event, in words. */
export function causeWords(cause: string): string {
  return CAUSES[cause] ?? kindWords(cause);
}

const CAUSES: Record<string, string> = {
  start: "start of the server",
  poll: "look",
  person: "look now",
  resume: "followed again",
};

const INLINE = /^_inline:([^:]+):(.+)$/;

/** The task that a definition is, or that a step belongs to which is defined in it. */
export function taskOf({ kind, name }: { kind: string; name: string }): string | undefined {
  return kind === "task" ? name : INLINE.exec(name)?.[1];
}

/** `task evening`; a step that is defined in its task is named by both. */
export function definitionWords({ kind, name }: { kind: string; name: string }): string {
  const inline = INLINE.exec(name);
  if (inline) return `step ${inline[2]} of ${inline[1]}`;
  return `${kindWords(kind)} ${name}`;
}
