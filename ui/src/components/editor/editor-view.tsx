import { Download } from "lucide-react";
import type { Schemas } from "@/api/client";
import { Page, PageFoot } from "@/components/frame/page";
import { Button } from "@/components/ui/button";
import { CopyButton } from "@/components/ui/copy-button";
import { type Tab, Tabs } from "@/components/ui/tabs";
import { useShortcuts } from "@/lib/keys";
import { MEDIUM, NARROW, useMedia } from "@/lib/media";
import { counted } from "@/lib/number";
import { saveFile } from "@/lib/save";
import { shortRevision } from "@/lib/standing";
import { type Edited, nameOf } from "./bases";
import { CheckPanes } from "./check-panes";
import { CheckState } from "./check-state";
import { EditTree } from "./edit-tree";
import { EditorText } from "./editor-text";
import { Notes } from "./notes";
import type { EditSearch, Pane } from "./search";
import { useEditor } from "./use-editor";

interface Props {
  workspace: Schemas["WorkspaceItem"];
  latest: Edited;
  search: EditSearch;
  onChange: (change: EditSearch) => void;
}

/** The editor: files at the left, the text, and what the server finds in the edit. It ends in a patch. */
export function EditorView({ workspace, latest, search, onChange }: Props) {
  const isNarrow = useMedia(NARROW);
  const isMedium = useMedia(MEDIUM) && !isNarrow;
  const editor = useEditor(workspace.name, latest, search.file, workspace.problems?.[0]?.file);
  const { check } = editor.checked;
  const edits = Object.keys(editor.draft.files).length;
  const patch = check?.patch && editor.checked.isCurrent ? check.patch : "";
  const patchName = `${workspace.name}-${editor.draft.release ?? shortRevision(editor.draft.revision)}.patch`;
  const download = () => {
    if (patch) saveFile(new Blob([patch], { type: "text/x-patch" }), patchName);
  };
  useShortcuts([{ keys: "ctrl+s", label: "Download the patch", group: "Edit", whileTyping: true, run: download }]);
  const openFile = (file: string) =>
    onChange({ file, line: undefined, column: undefined, pane: isNarrow ? "text" : search.pane });
  const checkTabs: Tab<Pane>[] = [
    { value: "mistakes", label: "Mistakes", count: check?.plan.problems.length || undefined },
    { value: "plan", label: "Plan" },
    { value: "patch", label: "Patch" },
  ];
  const tree = <EditTree editor={editor} file={editor.path} onFile={openFile} />;
  const text = <EditorText editor={editor} search={search} onChange={onChange} />;
  const pane = search.pane ?? (isNarrow ? (search.file ? "text" : "files") : "mistakes");
  const checkPane = pane === "files" || pane === "text" ? "mistakes" : pane;
  const panes = (
    <CheckPanes
      editor={editor}
      workspace={workspace}
      pane={checkPane}
      patchName={patchName}
      onOpen={({ file, line, column }) => onChange({ file, line, column, pane: isNarrow ? "text" : search.pane })}
    />
  );
  return (
    <Page
      crumbs={[
        { label: "Workspaces", to: "/workspaces" },
        { label: workspace.name, to: `/workspaces/${workspace.name}` },
      ]}
      title="Edit"
      tab={`Edit ${workspace.name}`}
      remark={
        <span className="truncate max-sm:hidden">
          upon {nameOf(editor.draft)}
          {edits > 0 && `, ${counted(edits, "file")} edited`}
        </span>
      }
      className="overflow-hidden"
      actions={
        <>
          {patch && <CopyButton text={patch} label="Copy the patch" />}
          <Button variant="primary" disabled={!patch} onClick={download}>
            <Download size={14} />
            Download patch
          </Button>
        </>
      }
    >
      <Notes editor={editor} workspace={workspace.name} latest={latest} />
      {isNarrow ? (
        <>
          <Tabs
            label="Parts of the editor"
            value={pane}
            tabs={[{ value: "files", label: "Files" }, { value: "text", label: "Text" }, ...checkTabs]}
            onChange={(pane) => onChange({ pane })}
          />
          <div className="min-h-0 flex-1 overflow-auto">{pane === "files" ? tree : pane === "text" ? text : panes}</div>
        </>
      ) : (
        <div
          className={
            isMedium
              ? "grid min-h-0 flex-1 grid-cols-[220px_minmax(0,1fr)] grid-rows-[minmax(0,3fr)_minmax(0,2fr)]"
              : "grid min-h-0 flex-1 grid-cols-[248px_minmax(0,1fr)_minmax(0,440px)]"
          }
        >
          <div className="min-h-0 border-line border-r">{tree}</div>
          <div className="min-h-0 min-w-0">{text}</div>
          <section
            aria-label="Check"
            className={`flex min-h-0 min-w-0 flex-col border-line ${isMedium ? "col-span-2 border-t" : "border-l"}`}
          >
            <div className="relative flex-none">
              <Tabs
                label="What the server finds"
                value={checkPane}
                tabs={checkTabs}
                onChange={(pane) => onChange({ pane: pane === "mistakes" ? undefined : pane })}
              />
              <CheckState editor={editor} className="absolute inset-y-0 right-4 flex items-center" />
            </div>
            <div className="min-h-0 flex-1 overflow-auto">{panes}</div>
          </section>
        </div>
      )}
      <PageFoot
        keys={[
          ["F8", "next mistake"],
          ["Ctrl+Space", "complete"],
          ["Ctrl+S", "download the patch"],
          ["Esc Tab", "leave the text"],
        ]}
      />
    </Page>
  );
}
