import { visibleText } from "./json";
import { clockTime } from "./time";

const ESCAPE = String.fromCharCode(27);
const COLOURS = new RegExp(`${ESCAPE}\\[[0-?]*[ -/]*[@-~]`, "g");

/** What a program said of its failure, without the colours of a terminal. */
export function errorWords(error: string): string {
  return visibleText(error.replace(COLOURS, ""));
}

/** The reason of a job without the path of its step, where that is told beside it. */
export function reasonBeside(step: string | null, reason: string): string {
  return errorWords(step && reason.startsWith(`${step}: `) ? reason.slice(step.length + 2) : reason);
}

/** That a person declined, and why. */
export function declinedWords(step: string | null, reason: string): string {
  const why = reasonBeside(step, reason);
  return why === "rejected" ? "declined" : `declined: “${why}”`;
}

const INSTANT = /\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC/g;

const QUOTED = /(^|[\s([,])'([^'\n]+)'(?=$|[\s).,:;?!\]])/g;

/** A sentence of the server with the quotes of print. */
export function sentence(words: string): string {
  return visibleText(words).replace(QUOTED, "$1‘$2’");
}

/** A sentence of the server with its times in the zone of the viewer. */
export function localWords(words: string): string {
  return sentence(words).replace(INSTANT, (instant) => clockTime(`${instant.slice(0, 10)}T${instant.slice(11, 19)}Z`));
}

/** Why a revision waits, where the revision is told beside it. */
export function whyItWaits(message: string): string {
  return sentence(message).replace(/^Revision \w+ waits: /, "");
}
