import { useNavigate } from "@tanstack/react-router";
import { Check, MoreHorizontal, Pause, Pencil, Pin, Play, RefreshCw, Undo2 } from "lucide-react";
import type { Schemas } from "@/api/client";
import { useRefusal } from "@/api/rights";
import { useWorkspaceAct } from "@/api/workspace";
import { Button } from "@/components/ui/button";
import { Menu, MenuItem } from "@/components/ui/menu";
import { showToast } from "@/components/ui/toast";
import { useShortcuts } from "@/lib/keys";
import { lookWords } from "@/lib/look-words";
import { NARROW, useMedia } from "@/lib/media";
import { type Act, type Verb, verbsOf } from "@/lib/workspace-acts";
import { useAct } from "./use-act";

interface Props {
  workspace: Schemas["WorkspaceItem"];
}

const ICONS: Record<Act, React.ReactNode> = {
  pin: <Pin size={14} />,
  suspend: <Pause size={14} />,
  resume: <Play size={14} />,
  rollback: <Undo2 size={14} />,
  approve: <Check size={14} />,
  drop: null,
};
/** What the page asks for: the primary button, on telephones the only one. */
const ASKED: Act = "approve";

/** The verbs of a workspace: all but a look at the source open a dialog, which the URL names. */
export function WorkspaceActions({ workspace }: Props) {
  const open = useAct();
  const look = useWorkspaceAct(workspace.name, "reconcile", false);
  const navigate = useNavigate();
  const isNarrow = useMedia(NARROW);
  const noLook = useRefusal("workspace.sync", { workspace: workspace.name });
  const refusals = useRefusals(workspace.name);
  const verbs = verbsOf(workspace);
  const lookNow = () =>
    !noLook && look.mutate({}, { onSuccess: (after) => showToast({ text: lookWords(after, workspace.release) }) });
  const edit = () => navigate({ to: "/workspaces/$workspace/edit", params: { workspace: workspace.name } });
  useShortcuts([
    { keys: "e", label: "Edit the files", group: "Workspace", run: edit },
    { keys: "l", label: "Look at the source now", group: "Workspace", run: lookNow },
    ...verbs.map(({ act, key, label }) => ({
      keys: key,
      label,
      group: "Workspace",
      run: () => !refusals[act] && open(act),
    })),
  ]);
  const asked = verbs.find(({ act }) => act === ASKED);
  return (
    <>
      {isNarrow && (
        <Menu
          align="end"
          trigger={
            <Button size="icon" variant="quiet" aria-label="More to do">
              <MoreHorizontal size={16} />
            </Button>
          }
        >
          <MenuItem onSelect={edit}>
            <Pencil size={14} />
            Edit the files
          </MenuItem>
          {verbs
            .filter(({ act }) => act !== ASKED)
            .map(({ act, label }) => (
              <MenuItem key={act} disabled={!!refusals[act]} onSelect={() => open(act)}>
                {ICONS[act]}
                {label}
              </MenuItem>
            ))}
          {asked && (
            <MenuItem disabled={!!noLook} onSelect={lookNow}>
              <RefreshCw size={14} />
              Look now
            </MenuItem>
          )}
        </Menu>
      )}
      {!isNarrow && (
        <Button variant="quiet" title="Edit the files (e)" onClick={edit}>
          <Pencil size={14} />
          Edit
        </Button>
      )}
      {!isNarrow &&
        verbs
          .filter(({ act }) => act !== ASKED)
          .map((verb) => <VerbButton key={verb.act} verb={verb} refusal={refusals[verb.act]} />)}
      {!(isNarrow && asked) && (
        <Button
          variant={asked ? "outline" : "primary"}
          title="Look at the source now (l)"
          disabled={look.isPending}
          refusal={noLook}
          onClick={lookNow}
        >
          <RefreshCw size={14} />
          Look now
        </Button>
      )}
      {asked && <VerbButton verb={asked} refusal={refusals[asked.act]} />}
    </>
  );
}

/** Why one may not do what dialogs of the workspace do. */
function useRefusals(workspace: string): Record<Act, string | undefined> {
  const place = { workspace };
  const suspend = useRefusal("workspace.suspend", place);
  return {
    suspend,
    resume: suspend,
    drop: suspend,
    pin: useRefusal("workspace.pin", place),
    rollback: useRefusal("workspace.rollback", place),
    approve: useRefusal("workspace.approve", place),
  };
}

function VerbButton({ verb: { act, key, label }, refusal }: { verb: Verb; refusal?: string }) {
  const open = useAct();
  return (
    <Button
      variant={act === ASKED ? "primary" : "quiet"}
      title={`${label} (${key})`}
      refusal={refusal}
      onClick={() => open(act)}
    >
      {ICONS[act]}
      {label}
    </Button>
  );
}
