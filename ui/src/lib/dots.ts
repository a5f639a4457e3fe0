import { formatJson } from "./json";

/** What the API shows in the place of a secret; given back with the job it is of, it stands for that job's value. */
export const DOTS = "••••••";

/** Whether some of it stands for a value of an earlier job. */
export function hasDots(value: unknown): boolean {
  return formatJson(value, 0).includes(DOTS);
}
