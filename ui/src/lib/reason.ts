/** The reason of a job without the path of its step, where that is told beside it. */
export function reasonBeside(step: string | null, reason: string): string {
  return step && reason.startsWith(`${step}: `) ? reason.slice(step.length + 2) : reason;
}
