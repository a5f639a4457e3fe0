/** What is opened after signing in, in words; nothing for the first page. */
export function placeWords(next: string): string {
  const [, page, ...rest] = new URL(next, location.origin).pathname.split("/");
  const name = rest.map(decoded).join("/");
  if (!page) return "";
  if (page === "jobs" && name) return `Your job ${name.slice(0, 8)} is opened after this.`;
  const words = decoded(page).replaceAll("-", " ");
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}${name && ` / ${name}`} is opened after this.`;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
