let whole: Intl.NumberFormat | undefined;
const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"];

/** A count with separators of the viewer's locale. */
export function count(value: number): string {
  whole ??= new Intl.NumberFormat(); // not at the start: it takes 10 milliseconds
  return whole.format(value);
}

/** `1 job`, `1,204 jobs`. The plural is the noun with an s unless it is given. */
export function counted(value: number, noun: string, plural = `${noun}s`): string {
  return `${count(value)} ${value === 1 ? noun : plural}`;
}

/** A size in binary units: `512 B`, `1.4 GiB`. */
export function size(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${UNITS[unit]}`;
}

/** A share from 0 to 1 in whole percent; never 100 for less than all, nor 0 for more than nothing. */
export function percent(share: number): string {
  const whole = share >= 1 ? 100 : share <= 0 ? 0 : Math.min(Math.max(Math.round(share * 100), 1), 99);
  return `${whole} %`;
}
