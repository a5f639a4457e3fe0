import type { Schemas } from "@/api/client";
import { Fact, Facts } from "@/components/ui/facts";
import { Revision } from "@/components/ui/revision";
import { ClockTime, DueTime, RelativeTime } from "@/components/ui/time";
import { counted } from "@/lib/number";
import { isFollowed, refWords, type Standing } from "@/lib/standing";

interface Props {
  workspace: Schemas["WorkspaceItem"];
  standing: Standing;
}

/** What runs and how it stands to git, in one line. */
export function WorkspaceFacts({ workspace, standing }: Props) {
  return (
    <Facts>
      {standing.since && (
        <Fact label={`${standing.word} since`}>
          <ClockTime at={standing.since} />
          <RelativeTime at={standing.since} className="font-normal text-text-3" />
        </Fact>
      )}
      <Fact label="Runs">
        {workspace.release ? `Release ${workspace.release}` : "nothing yet"}
        {workspace.revision && <Revision revision={workspace.revision} url={workspace.release_commit_url} />}
      </Fact>
      <Fact label="Source">
        <span className="truncate">{workspace.origin ?? workspace.source_type}</span>
        {workspace.ref && (
          <span className="font-normal text-text-3" title={workspace.ref}>
            {refWords(workspace.ref)}
          </span>
        )}
      </Fact>
      {workspace.next_at && isFollowed(standing) && (
        <Fact label="Next look">
          <DueTime at={workspace.next_at} />
        </Fact>
      )}
      {!!workspace.drift?.length && <Fact label="Drift">{counted(workspace.drift.length, "override")}</Fact>}
      <Fact label="Defines">
        {counted(workspace.tasks_count, "task")}
        <span className="font-normal text-text-3">
          {counted(workspace.actions_count, "action")}, {counted(workspace.triggers_count, "trigger")}
        </span>
      </Fact>
    </Facts>
  );
}
