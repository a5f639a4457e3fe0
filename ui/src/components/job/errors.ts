import { errorWords } from "@/lib/reason";

/** The line of a step's error that says most: what the process wrote, or its exit code. */
export function errorLine(error: string | null | undefined): string | null {
  if (!error) return null;
  const [first = "", ...rest] = error.split("\n").filter((line) => line.trim());
  const written = rest.join(" ").replace(/^Stderr:\s*/, "");
  return errorWords(/^Exit code: \d+$/.test(first) && written ? written : first);
}
