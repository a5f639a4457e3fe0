import type { WorkerItem } from "@/api/workers";
import type { State } from "@/components/ui/state-glyph";

type Shown = Pick<WorkerItem, "status" | "state" | "used_slots">;

/** How a worker is drawn: gone, held back by a person, at work or free. */
export function workerState(worker: Shown): { state: State; word: string } {
  if (worker.status === "inactive") return { state: "cancelled", word: "Gone" };
  if (worker.state === "draining") return { state: "suspended", word: "Drains" };
  if (worker.state === "cordoned") return { state: "suspended", word: "Cordoned" };
  return worker.used_slots > 0 ? { state: "running", word: "Works" } : { state: "completed", word: "Free" };
}

/** The share of slots that are taken, for the pie of its glyph. */
export function takenShare(worker: Pick<WorkerItem, "slots" | "used_slots">): number {
  return worker.slots ? worker.used_slots / worker.slots : 0.5;
}
