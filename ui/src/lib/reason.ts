import { visibleText } from "./json";
import { clockTime } from "./time";

/** The reason of a job without the path of its step, where that is told beside it. */
export function reasonBeside(step: string | null, reason: string): string {
  return visibleText(step && reason.startsWith(`${step}: `) ? reason.slice(step.length + 2) : reason);
}

const INSTANT = /\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC/g;

/** Words of the server with their times in the zone of the viewer. */
export function localWords(words: string): string {
  return visibleText(words).replace(INSTANT, (instant) =>
    clockTime(`${instant.slice(0, 10)}T${instant.slice(11, 19)}Z`),
  );
}

/** Why a revision waits, where the revision is told beside it. */
export function whyItWaits(message: string): string {
  return visibleText(message).replace(/^Revision \w+ waits: /, "");
}
