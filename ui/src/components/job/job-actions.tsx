import { Bell, BellRing, Ellipsis, GitCompare, Pause, Play, RotateCw, Square } from "lucide-react";
import { useState } from "react";
import { isLive, type Job } from "@/api/job";
import { usePauseJob, useResumeJob } from "@/api/jobActions";
import { useRefusal } from "@/api/rights";
import { Button } from "@/components/ui/button";
import { copyText } from "@/components/ui/copy-text";
import { Menu, MenuItem, MenuLine } from "@/components/ui/menu";
import { showToast } from "@/components/ui/toast";
import { useShortcuts } from "@/lib/keys";
import { NARROW, useMedia } from "@/lib/media";
import { CancelDialog } from "./cancel-dialog";
import { holdableSteps, PauseStepDialog } from "./pause-step-dialog";
import { RerunSheet } from "./rerun-sheet";
import { SignalDialog } from "./signal-dialog";
import { useWatch } from "./use-watch";

interface Props {
  job: Job;
  /** The path of the selected step. */
  selected: string | null;
  onCompare: () => void;
}

type Opened = "cancel" | "rerun" | "signal" | "pause-step" | null;

/** What can be done with a job; on a narrow screen all but running again stands in the menu. */
export function JobActions({ job, selected, onCompare }: Props) {
  const [opened, setOpened] = useState<Opened>(null);
  const { isWatched, toggle } = useWatch(job);
  const pause = usePauseJob(job.job_id);
  const resume = useResumeJob(job.job_id);
  const isNarrow = useMedia(NARROW);
  const live = isLive(job);
  const canPause = live && !job.cancel_reason;
  const place = { workspace: job.workspace, task: job.task_name };
  const noRun = useRefusal("job.run", place);
  const noCancel = useRefusal("job.cancel", place);
  const noPause = useRefusal("job.pause", place);
  const noSignal = useRefusal("job.signal", place);
  const isTurning = pause.isPending || resume.isPending;
  const turn = () => !isTurning && !noPause && (job.paused_at ? resume : pause).mutate(undefined);
  const close = () => setOpened(null);
  useShortcuts([
    { keys: "r", label: "Run again", group: "Job", run: () => !live && !noRun && setOpened("rerun") },
    { keys: "c", label: "Cancel", group: "Job", run: () => canPause && !noCancel && setOpened("cancel") },
    { keys: "p", label: "Pause or resume", group: "Job", run: () => canPause && turn() },
  ]);
  const command = `stroem ${live ? "status" : "rerun"} ${job.job_id}`;
  const copyCommand = async () => {
    if (await copyText(command)) showToast({ text: `Copied: ${command}` });
  };
  const watchWords = isWatched ? "Stop watching" : "Tell me when it ends";
  return (
    <>
      {!isNarrow && (
        <>
          {live && (
            <Button
              variant="quiet"
              size="icon"
              aria-pressed={isWatched}
              aria-label={watchWords}
              title={watchWords}
              onClick={toggle}
            >
              {isWatched ? <BellRing size={14} /> : <Bell size={14} />}
            </Button>
          )}
          <Button onClick={onCompare}>
            <GitCompare size={14} />
            Compare
          </Button>
          {canPause && (
            <Button onClick={turn} disabled={isTurning} refusal={noPause}>
              {job.paused_at ? <Play size={14} /> : <Pause size={14} />}
              {job.paused_at ? "Resume" : "Pause"}
            </Button>
          )}
          {live && (
            <Button variant="danger" refusal={noCancel} onClick={() => setOpened("cancel")}>
              <Square size={14} />
              Cancel…
            </Button>
          )}
        </>
      )}
      {!live && (
        <Button refusal={noRun} onClick={() => setOpened("rerun")}>
          <RotateCw size={14} />
          Run again…
        </Button>
      )}
      <Menu
        align="end"
        trigger={
          <Button variant="quiet" size="icon" aria-label="More" title="More">
            <Ellipsis size={15} />
          </Button>
        }
      >
        {isNarrow && (
          <>
            {live && <MenuItem onSelect={toggle}>{watchWords}</MenuItem>}
            <MenuItem onSelect={onCompare}>Compare</MenuItem>
            {canPause && (
              <MenuItem disabled={isTurning || !!noPause} onSelect={turn}>
                {job.paused_at ? "Resume" : "Pause"}
              </MenuItem>
            )}
            {live && (
              <MenuItem isDanger disabled={!!noCancel} onSelect={() => setOpened("cancel")}>
                Cancel…
              </MenuItem>
            )}
            <MenuLine />
          </>
        )}
        <MenuItem disabled={!live || !!noSignal} onSelect={() => setOpened("signal")}>
          Send a signal…
        </MenuItem>
        <MenuItem
          disabled={!live || !!noPause || holdableSteps(job).length === 0}
          onSelect={() => setOpened("pause-step")}
        >
          Pause before a step…
        </MenuItem>
        <MenuLine />
        <MenuItem onSelect={copyCommand}>Copy the command</MenuItem>
        <MenuItem onSelect={() => copyText(location.href)}>Copy the link</MenuItem>
      </Menu>
      {opened === "cancel" && <CancelDialog job={job} onClose={close} />}
      {opened === "rerun" && <RerunSheet job={job} selected={selected} onClose={close} />}
      {opened === "signal" && <SignalDialog jobId={job.job_id} onClose={close} />}
      {opened === "pause-step" && <PauseStepDialog job={job} selected={selected} onClose={close} />}
    </>
  );
}
