import { Link } from "@tanstack/react-router";

/** The beginning of a job's id as a link. */
export function JobIdLink({ id }: { id: string | null }) {
  if (!id) return <span className="text-faint">–</span>;
  return (
    <Link to="/jobs/$jobId" params={{ jobId: id }} className="font-mono text-[11.5px] text-accent hover:underline">
      {id.slice(0, 8)}
    </Link>
  );
}
