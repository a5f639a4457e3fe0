import { useEffect, useRef, useState } from "react";
import { isLive, type Job } from "@/api/job";
import { stateOf, wordOf } from "@/components/ui/state-glyph";
import { showToast } from "@/components/ui/toast";

/** Whether the viewer is told by the browser when the job ends, and the switch for it. */
export function useWatch(job: Job): { isWatched: boolean; toggle: () => void } {
  const [isWatched, setWatched] = useState(false);
  const wasLive = useRef(isLive(job));
  useEffect(() => {
    const ended = wasLive.current && !isLive(job);
    wasLive.current = isLive(job);
    if (!ended || !isWatched) return;
    const body = `${wordOf(stateOf(job.status))}: ${job.workspace} / ${job.task_name}`;
    try {
      new Notification("A job has ended", { body, tag: job.job_id, icon: "/favicon.svg" });
    } catch {
      // Browsers of telephones allow notifications of service workers only.
      showToast({ text: body });
    }
    setWatched(false);
  }, [job, isWatched]);
  const toggle = async () => {
    if (isWatched) return setWatched(false);
    const answer = "Notification" in window ? await Notification.requestPermission() : "denied";
    if (answer === "granted") setWatched(true);
    else showToast({ tone: "waiting", text: "The browser does not allow notifications of this page." });
  };
  return { isWatched, toggle };
}
