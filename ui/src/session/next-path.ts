const HERE = "http://here.invalid";
const OUTSIDE = /^\/(login|reset)(\/|$)/;

/** Where to go after signing in: a path of this server, else the first page. Other hosts and the sign-in itself are refused. */
export function nextPath(value: unknown): string {
  if (typeof value !== "string" || !value.startsWith("/") || !URL.canParse(value, HERE)) return "/";
  const { origin, pathname, search, hash } = new URL(value, HERE);
  if (origin !== HERE || pathname.startsWith("//") || OUTSIDE.test(pathname)) return "/";
  return pathname + search + hash;
}

/** Whether a page is shown to people who are not signed in. */
export function isOutside(path: string): boolean {
  return OUTSIDE.test(path);
}
