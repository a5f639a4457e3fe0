import { visibleText } from "./json";

/** A person's name without the address: `Ada Lovelace <ada@example.org>` gives `Ada Lovelace`. */
export function personName(author: string | null | undefined): string {
  if (!author) return "";
  return visibleText(author.replace(/\s*<[^>]*>\s*$/, "").trim() || author);
}
