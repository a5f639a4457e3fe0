import { formatJson } from "@/lib/json";

const HEADERS = { "Content-Type": "application/json" };

/** A body whose long numbers are sent with all their digits. */
export function asJson<Body>(body: Body) {
  return { body, bodySerializer: (value: unknown) => formatJson(value, 0), headers: HEADERS };
}
