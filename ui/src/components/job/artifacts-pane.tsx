import { useQuery } from "@tanstack/react-query";
import { ChevronDown, ChevronRight, Download } from "lucide-react";
import { useState } from "react";
import { type Artifact, artifactsQuery, type Job } from "@/api/job";
import { download } from "@/api/tickets";
import { Button } from "@/components/ui/button";
import { EmptyState } from "@/components/ui/empty-state";
import { ErrorState } from "@/components/ui/error-state";
import { SkeletonRows } from "@/components/ui/skeleton";
import { ClockTime } from "@/components/ui/time";
import { visibleText } from "@/lib/json";
import { size } from "@/lib/number";
import { ArtifactPreview, previewOf } from "./artifact-preview";
import { completedSteps } from "./job-state";

/** The files that steps of the job have left. */
export function ArtifactsPane({ job }: { job: Job }) {
  const { data, error, refetch } = useQuery(artifactsQuery(job.job_id, completedSteps(job)));
  const [opened, setOpened] = useState<string | null>(null);
  if (error) return <ErrorState error={error} what="The artifacts" onRetry={refetch} />;
  if (!data) return <SkeletonRows rows={4} height={44} />;
  if (data.length === 0) {
    return (
      <EmptyState title="Files that completed steps leave would be here.">
        A step keeps files that match its <code>artifacts</code>, and whatever it writes to <code>$ARTIFACTS_DIR</code>.
      </EmptyState>
    );
  }
  return (
    <ul className="min-h-0 flex-1 overflow-auto">
      {data.map((artifact) => (
        <Line
          key={artifact.name}
          artifact={artifact}
          isOpen={opened === artifact.name}
          onToggle={() => setOpened(opened === artifact.name ? null : artifact.name)}
        />
      ))}
    </ul>
  );
}

function Line({ artifact, isOpen, onToggle }: { artifact: Artifact; isOpen: boolean; onToggle: () => void }) {
  const canOpen = previewOf(artifact) !== null;
  const Icon = isOpen ? ChevronDown : ChevronRight;
  return (
    <li className="border-line border-b">
      <div className="flex h-11 items-center gap-2.5 px-4 hover:bg-hover">
        <button
          type="button"
          aria-expanded={canOpen ? isOpen : undefined}
          disabled={!canOpen}
          onClick={onToggle}
          className="flex min-w-0 flex-1 items-center gap-2.5 text-left"
        >
          {canOpen ? <Icon size={13} className="flex-none text-text-3" /> : <span className="w-[13px] flex-none" />}
          <span className="min-w-0">
            <span className="block truncate font-medium" title={visibleText(artifact.name)}>
              {visibleText(artifact.name)}
            </span>
            <span className="block truncate text-12 text-text-3">
              {artifact.step_name} · {artifact.content_type.split(";")[0]} · sha256 {artifact.sha256.slice(0, 12)}
              {artifact.expires_at && (
                <>
                  {" "}
                  · kept until <ClockTime at={artifact.expires_at} />
                </>
              )}
            </span>
          </span>
        </button>
        <span className="text-12 text-text-2 tabular-nums">{size(artifact.size_bytes)}</span>
        <Button asChild variant="quiet" size="icon-sm">
          <a
            href={artifact.url}
            onClick={(event) => {
              event.preventDefault();
              download(artifact.url, artifact.name.split("/").at(-1));
            }}
            aria-label={`Download ${visibleText(artifact.name)}`}
            title="Download"
          >
            <Download size={13} />
          </a>
        </Button>
      </div>
      {isOpen && canOpen && <ArtifactPreview artifact={artifact} />}
    </li>
  );
}
