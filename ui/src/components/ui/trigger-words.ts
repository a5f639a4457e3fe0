import type { Schemas } from "@/api/client";

type Trigger = Pick<Schemas["TriggerInfo"], "type" | "options" | "cron" | "timezone" | "schedule_words">;

const TYPE_WORDS: Record<string, string> = {
  scheduler: "Schedule",
  webhook: "Webhook",
  job_outcome: "Job’s end",
  event_source: "Event source",
};
const HERE = Intl.DateTimeFormat().resolvedOptions().timeZone;

/** The type of a trigger as a noun. */
export function typeWords(type: string): string {
  return TYPE_WORDS[type] ?? type.replaceAll("_", " ");
}

/** When a trigger fires, in words: `daily at 00:30 Europe/Oslo`, `POST /hooks/statements`, `after build completed`. */
export function scheduleWords({ type, options, cron, timezone, schedule_words }: Trigger): string {
  const { name, on, path } = options as Record<string, unknown>;
  const schedule = schedule_words ?? cron;
  if (schedule) {
    const isLocal = !timezone || timezone === HERE || schedule.startsWith("every") || schedule.includes(timezone);
    return isLocal ? schedule : `${schedule} ${timezone}`;
  }
  if (type === "webhook") return `request to /hooks/${name ?? ""}`;
  if (type === "job_outcome") return outcomeWords(on);
  if (type === "event_source") return "each event of its consumer";
  return typeof path === "string" ? `new files in ${path}` : typeWords(type);
}

function outcomeWords(on: unknown): string {
  const all = (Array.isArray(on) ? on : [on]) as { task?: string; workspace?: string; status?: string[] }[];
  return all
    .filter(Boolean)
    .map(({ task, workspace, status }) => {
      const who = [workspace, task].filter(Boolean).join(" / ") || "any task";
      return `after ${who} ${Array.isArray(status) ? status.join(" or ") : "ended"}`;
    })
    .join(", ");
}
