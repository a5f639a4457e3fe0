import { useQuery } from "@tanstack/react-query";
import { artifactsQuery, type Job } from "@/api/job";
import { Tabs } from "@/components/ui/tabs";
import { useShortcuts } from "@/lib/keys";
import { completedSteps } from "./job-state";
import type { JobTab } from "./search";

interface TabsProps {
  job: Job;
  value: JobTab;
  steps: number;
  onChange: (tab: JobTab) => void;
}

/** The parts of a job, with their counts; keys 1 to 5 choose one. */
export function JobTabs({ job, value, steps, onChange }: TabsProps) {
  const { data: artifacts } = useQuery(artifactsQuery(job.job_id, completedSteps(job)));
  const related = job.steps.filter((step) => step.child_job_id).length + job.rerun_job_ids.length;
  const tabs = [
    { value: "steps", label: "Steps", count: steps },
    { value: "values", label: "Input and output" },
    { value: "artifacts", label: "Artifacts", count: artifacts?.length || undefined },
    { value: "jobs", label: "Jobs", count: related || undefined },
    { value: "history", label: "History" },
  ] as const;
  useShortcuts(
    tabs.map((tab, index) => ({
      keys: String(index + 1),
      label: tab.label,
      group: "Job",
      run: () => onChange(tab.value),
    })),
  );
  return <Tabs label="Parts of the job" value={value} onChange={onChange} tabs={tabs} />;
}
