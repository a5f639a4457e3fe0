import { expect, test } from "vitest";
import { reasonsOf } from "./reasons";

const group = (ability: string, tags: string[], has_worker: boolean, resources: Record<string, string> = {}) => ({
  ability,
  tags,
  resources,
  has_worker,
  waiting: 3,
  first_since: null,
  why: "why",
});

test("steps that no worker can run come first, then other ready ones, then the largest group of the rest", () => {
  const reasons = reasonsOf({
    groups: [
      group("script", [], true),
      group("script", ["gpu"], false),
      group("script", [], true, { cpu: "2", license: "1" }),
    ],
    held: { timer: 1, worker: 2, signal: 0, unheard: 9 },
    held_jobs: 4,
  });
  expect(reasons.map(({ name, count }) => [name, count])).toEqual([
    ["worker script gpu", 3],
    ["worker script", 3],
    ["worker script cpu=2,license=1", 3],
    ["slot", 4],
    ["placement", 2],
    ["timer", 1],
  ]);
  expect(reasons.map(({ filter }) => filter)).toEqual([
    { ability: "script", tags: "gpu", resources: "" },
    { ability: "script", tags: "", resources: "" },
    { ability: "script", tags: "", resources: "cpu=2,license=1" },
    { held: "slot" },
    { held: "placement" },
    { held: "timer" },
  ]);
});
