const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const SHORT = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];
const MACROS: Record<string, string> = {
  "@yearly": "every year on 1 January at 00:00",
  "@monthly": "on day 1 of each month at 00:00",
  "@weekly": "Sundays at 00:00",
  "@daily": "daily at 00:00",
  "@midnight": "daily at 00:00",
  "@hourly": "every hour",
};

/** A cron expression in words where it is a common one: `weekdays at 18:00`; else the expression itself. */
export function cronWords(cron: string): string {
  const macro = MACROS[cron.trim().toLowerCase()];
  if (macro) return macro;
  const fields = cron.trim().split(/\s+/);
  if (fields.length !== 5) return cron;
  const [minute, hour, day, month, weekday] = fields as [string, string, string, string, string];
  if (month !== "*") return cron;
  const anyDay = isAny(day) && isAny(weekday);
  if (hour === "*" && anyDay) return hourly(minute) ?? cron;
  const step = /^\*\/(\d+)$/.exec(hour);
  if (step && anyDay && /^\d+$/.test(minute)) return `every ${step[1]} h at :${pad(minute)}`;
  if (!/^\d+$/.test(minute) || !/^\d+(,\d+)*$/.test(hour)) return cron;
  const times = hour.split(",").map((one) => `${pad(one)}:${pad(minute)}`);
  if (times.length > 3) return cron;
  const days = dayWords(day, weekday);
  return days ? `${days} at ${times.join(", ")}` : cron;
}

/** An interval of seconds in words: `every 6 h`. */
export function intervalWords(seconds: number): string {
  if (seconds % 86400 === 0) return seconds === 86400 ? "every day" : `every ${seconds / 86400} d`;
  if (seconds % 3600 === 0) return seconds === 3600 ? "every hour" : `every ${seconds / 3600} h`;
  if (seconds % 60 === 0) return seconds === 60 ? "every minute" : `every ${seconds / 60} min`;
  return `every ${seconds} s`;
}

function hourly(minute: string): string | undefined {
  if (minute === "*" || minute === "*/1") return "every minute";
  const step = /^\*\/(\d+)$/.exec(minute);
  if (step) return `every ${step[1]} min`;
  return /^\d+(,\d+)*$/.test(minute)
    ? `every hour at ${minute
        .split(",")
        .map((one) => `:${pad(one)}`)
        .join(", ")}`
    : undefined;
}

function dayWords(day: string, weekday: string): string | undefined {
  if (isAny(day) && isAny(weekday)) return "daily";
  if (isAny(weekday)) return /^\d+$/.test(day) ? `on day ${day} of each month` : undefined;
  if (!isAny(day)) return undefined;
  if (/^(MON-FRI|1-5)$/i.test(weekday)) return "weekdays";
  if (/^(SAT,SUN|SUN,SAT|6,0|0,6|6,7)$/i.test(weekday)) return "weekends";
  const names = weekday.split(",").map(dayName);
  return names.every(Boolean) ? names.map((name) => `${name}s`).join(", ") : undefined;
}

function dayName(text: string): string | undefined {
  const index = /^[0-7]$/.test(text) ? Number(text) % 7 : SHORT.indexOf(text.toUpperCase());
  return DAYS[index];
}

function isAny(field: string): boolean {
  return field === "*" || field === "?";
}

function pad(text: string): string {
  return text.padStart(2, "0");
}
