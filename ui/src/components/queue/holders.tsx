import { Link } from "@tanstack/react-router";
import type { Schemas } from "@/api/client";

/** Links to the jobs that hold the slots. */
export function Holders({ holders }: { holders: readonly Schemas["SlotOwner"][] }) {
  return holders.map((owner) => (
    <Link
      key={`${owner.job_id}${owner.step}`}
      to="/jobs/$jobId"
      params={{ jobId: owner.job_id }}
      className="text-accent hover:underline"
    >
      held by {owner.task} <span className="font-mono text-12">{owner.job_id.slice(0, 8)}</span>
    </Link>
  ));
}
