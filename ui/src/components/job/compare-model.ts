import type { Job, Step } from "@/api/job";

/** A step in two jobs; null where one does not have it. Times in milliseconds. */
export interface StepPair {
  path: string;
  left: Step | null;
  right: Step | null;
  leftMs: number | null;
  rightMs: number | null;
}

/** The steps of two jobs of a task beside each other, in the order of the first; items of loops are left out. */
export function pairSteps(left: Job, right: Job): StepPair[] {
  const ofLeft = byPath(left);
  const ofRight = byPath(right);
  const paths = [...ofLeft.keys(), ...[...ofRight.keys()].filter((path) => !ofLeft.has(path))];
  return paths.map((path) => {
    const [a, b] = [ofLeft.get(path) ?? null, ofRight.get(path) ?? null];
    return { path, left: a, right: b, leftMs: msOf(a), rightMs: msOf(b) };
  });
}

function byPath(job: Job): Map<string, Step> {
  return new Map(job.steps.filter((step) => !step.step_name.includes("[")).map((step) => [step.step_name, step]));
}

function msOf(step: Step | null): number | null {
  if (!step?.started_at || !step.completed_at || step.status === "skipped") return null;
  return Date.parse(step.completed_at) - Date.parse(step.started_at);
}

/** By how much the second time differs, when that says something: `+12 %`; null when both are alike. */
export function changeOf(left: number | null, right: number | null): string | null {
  if (left === null || right === null || Math.max(left, right) < 1000) return null;
  const percent = Math.round(((right - left) / Math.max(left, 1)) * 100);
  if (Math.abs(percent) < 5) return null;
  return percent > 900
    ? `${Math.round(right / Math.max(left, 1))} ×`
    : `${percent > 0 ? "+" : "−"}${Math.abs(percent)} %`;
}
