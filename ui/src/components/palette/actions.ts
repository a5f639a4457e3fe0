import { messageOf } from "@/api/error";
import { lookAtWorkspace, runWithLastInput, setTriggerPaused } from "@/api/palette";
import { queryClient } from "@/api/queryClient";
import { showToast } from "@/components/ui/toast";
import { lookWords } from "@/lib/look-words";

/** Runs a task with the input of its newest job and says so. */
export function runLast(workspace: string, task: string): Promise<void> {
  return told(["jobs"], async () => {
    const id = await runWithLastInput(workspace, task);
    showToast({ text: `Job ${id.slice(0, 8)} of ${task} started`, link: { label: "Open the job", to: `/jobs/${id}` } });
  });
}

/** Looks at the source of a workspace, whose current release is `before`, and says what came of it. */
export function lookAt(workspace: string, before: number | null | undefined): Promise<void> {
  return told(["workspaces"], async () => {
    showToast({ text: lookWords(await lookAtWorkspace(workspace), before) });
  });
}

export function pauseTrigger(workspace: string, trigger: string, isPaused: boolean): Promise<void> {
  return told(["triggers"], async () => {
    await setTriggerPaused(workspace, trigger, isPaused);
    showToast({ text: `The trigger ${trigger} is ${isPaused ? "paused" : "resumed"}` });
  });
}

async function told(key: string[], act: () => Promise<void>): Promise<void> {
  try {
    await act();
  } catch (error) {
    showToast({ tone: "failed", text: messageOf(error) });
  }
  queryClient.invalidateQueries({ queryKey: key });
}
