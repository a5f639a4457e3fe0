/** A span of time in words: `0.17 s`, `48 s`, `3 min 07 s`, `1 h 52 min`, `2 d 4 h`. Takes milliseconds. */
export function duration(ms: number): string {
  const seconds = Math.max(ms, 0) / 1000;
  if (seconds < 0.995) return `${seconds.toFixed(2)} s`;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${pad(whole % 60)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 48 * 60) return `${Math.floor(minutes / 60)} h ${pad(minutes % 60)} min`;
  const hours = Math.round(minutes / 60);
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** A span in its largest unit only: `48 s`, `3 min`, `2 h`, `5 d`. Takes milliseconds. */
export function roughDuration(ms: number): string {
  const seconds = Math.round(Math.max(ms, 0) / 1000);
  const minutes = Math.round(seconds / 60);
  const hours = Math.round(seconds / 3600);
  if (seconds < 60) return `${seconds} s`;
  if (minutes < 60) return `${minutes} min`;
  if (hours < 48) return `${hours} h`;
  return `${Math.round(seconds / 86400)} d`;
}

function pad(value: number): string {
  return String(value).padStart(2, "0");
}
