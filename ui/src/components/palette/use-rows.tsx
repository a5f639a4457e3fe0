import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { GitBranch, Pause, Pencil, Play, RefreshCw, SunMoon, Workflow } from "lucide-react";
import { jobsQuery } from "@/api/jobs";
import { useMe } from "@/api/me";
import { paletteTriggersQuery } from "@/api/palette";
import { outcomesQuery, taskKey, tasksQuery } from "@/api/tasks";
import { workspaceNamesQuery, workspacesQuery } from "@/api/workspaces";
import { ACCOUNT_ENTRY } from "@/components/frame/entries";
import { usePages } from "@/components/frame/use-pages";
import { JobGlyph } from "@/components/ui/job-cells";
import { RelativeTime } from "@/components/ui/time";
import { roughDuration } from "@/lib/duration";
import { counted } from "@/lib/number";
import { chooseTheme } from "@/lib/theme";
import { lookAt, pauseTrigger, runLast } from "./actions";
import { fuzzy } from "./fuzzy";
import { recentIds } from "./recent";
import type { Row } from "./row";
import { workspaceVerbs } from "./workspace-verbs";

const RECENT = 500;
const VERB = /^(run|look at|edit|pause|resume|follow git again(?: for)?|pin|suspend|roll back|review plan)\s+/i;

interface Group {
  heading: string;
  rows: Row[];
}

/** What suits the text: recent things without one, else tasks, jobs, workspaces, pages and actions. */
export function useRows(text: string, isSettled: boolean): { groups: Group[]; isLoading: boolean } {
  const navigate = useNavigate();
  const pages = usePages().flat();
  const me = useMe();
  const onlyActions = text.startsWith(">");
  const typed = text.replace(/^>/, "").trim();
  const subject = typed.replace(VERB, "");
  const canSearch = isSettled && subject.length > 1;
  const tasks = useQuery(tasksQuery);
  const outcomesOf = useQuery(outcomesQuery).data;
  const workspaces = useQuery(workspaceNamesQuery).data ?? [];
  const standings = useQuery(workspacesQuery).data ?? [];
  const jobs = useQuery({ ...jobsQuery({ search: subject }, 5), enabled: canSearch && !onlyActions });
  const isCommit = /^[0-9a-f]{7,64}$/i.test(subject);
  const commit = subject.toLowerCase();
  const ofCommit = useQuery({ ...jobsQuery({ revision: commit }, 1), enabled: canSearch && isCommit }).data;
  const triggers = useQuery({ ...paletteTriggersQuery(subject), enabled: canSearch });
  const recent = recentIds();
  const bonus = (id: string) => (recent.includes(id) ? RECENT - recent.indexOf(id) : 0);
  const suited = (id: string, name: string, before = "", wanted = subject) => {
    const inName = fuzzy(name, wanted);
    const hit = inName ?? (before ? fuzzy(`${before}/${name}`, wanted) : null);
    return hit && { score: hit.score + bonus(id) + (inName ? 100 : 0), marks: inName?.marks ?? [] };
  };

  const taskRows = (tasks.data ?? []).flatMap(({ workspace, id }): Row[] => {
    const row = `task:${taskKey(workspace, id)}`;
    const outcomes = outcomesOf?.get(taskKey(workspace, id));
    const hit = suited(row, id, workspace);
    const rate = outcomes?.success_rate;
    return hit
      ? [
          {
            ...hit,
            id: row,
            icon: <Workflow size={15} />,
            before: workspace,
            name: id,
            remark: [
              typeof rate === "number" && `${Math.floor(rate * 100)} %`,
              outcomes?.p50_ms && roughDuration(outcomes.p50_ms),
            ]
              .filter(Boolean)
              .join(" · "),
            run: () => navigate({ to: "/tasks/$workspace/$", params: { workspace, _splat: id } }),
            runLast: () => runLast(workspace, id),
          },
        ]
      : [];
  });
  const workspaceRows = workspaces.flatMap((name): Row[] => {
    const hit = suited(`workspace:${name}`, name);
    const run = () => navigate({ to: "/workspaces/$workspace", params: { workspace: name } });
    return hit ? [{ ...hit, id: `workspace:${name}`, icon: <GitBranch size={15} />, name, run }] : [];
  });
  const pageRows = [...pages, ...(me ? [ACCOUNT_ENTRY] : [])].flatMap((entry): Row[] => {
    const hit = suited(`page:${entry.to}`, entry.label, "", typed);
    const Icon = entry.icon;
    const remark = entry.key ? `G ${entry.key.toUpperCase()}` : "";
    const row = { id: `page:${entry.to}`, icon: <Icon size={15} />, name: entry.label, remark };
    return hit ? [{ ...hit, ...row, run: () => navigate({ to: entry.to }) }] : [];
  });
  const jobRows = (canSearch ? (jobs.data?.items ?? []) : []).map(
    (job): Row => ({
      id: `job:${job.job_id}`,
      icon: <JobGlyph job={job} />,
      before: job.workspace,
      name: job.task_name,
      marks: fuzzy(job.task_name, subject)?.marks,
      after: job.job_id.slice(0, 8),
      remark: <RelativeTime at={job.created_at} />,
      score: 0,
      run: () => navigate({ to: "/jobs/$jobId", params: { jobId: job.job_id } }),
    }),
  );
  if (isCommit && ofCommit && ofCommit.total > 0) {
    jobRows.push({
      id: `commit:${commit}`,
      icon: <GitBranch size={15} />,
      name: `Jobs of commit ${commit.slice(0, 8)}`,
      remark: counted(ofCommit.total, "job"),
      score: 0,
      run: () => navigate({ to: "/jobs", search: { commit } }),
    });
  }
  const theme = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
  const actions: Row[] = [
    ...best(taskRows, 3).map((row) => ({
      ...row,
      id: `run:${row.id}`,
      icon: <Play size={15} />,
      name: `Run ${row.name}…`,
      marks: [],
      before: undefined,
      remark: row.before,
    })),
    ...best(workspaceRows, 2).map((row) => ({
      ...row,
      id: `look:${row.id}`,
      icon: <RefreshCw size={15} />,
      name: `Look at ${row.name} now`,
      marks: [],
      run: () => lookAt(row.name, standings.find(({ name }) => name === row.name)?.release),
    })),
    ...workspaceVerbs(best(workspaceRows, 2), standings, (workspace, act) =>
      navigate({ to: "/workspaces/$workspace", params: { workspace }, search: { act } }),
    ),
    ...best(workspaceRows, 2).map((row) => ({
      ...row,
      id: `edit:${row.id}`,
      icon: <Pencil size={15} />,
      name: `Edit the files of ${row.name}`,
      marks: [],
      isQuiet: true,
      run: () => navigate({ to: "/workspaces/$workspace/edit", params: { workspace: row.name } }),
    })),
    ...(canSearch ? (triggers.data?.items ?? []) : []).map(({ workspace, name, state }): Row => {
      const isPaused = state === "paused";
      const verb = isPaused ? "Resume" : "Pause";
      return {
        id: `trigger:${workspace}/${name}`,
        icon: isPaused ? <Play size={15} /> : <Pause size={15} />,
        name: `${verb} the trigger ${name}`,
        remark: workspace,
        score: 0,
        run: () => pauseTrigger(workspace, name, !isPaused),
      };
    }),
    ...(fuzzy(`Switch to the ${theme} theme`, typed)
      ? [
          {
            id: "theme",
            icon: <SunMoon size={15} />,
            name: `Switch to the ${theme} theme`,
            remark: "T",
            score: 0,
            run: () => chooseTheme(theme),
          },
        ]
      : []),
  ];
  const verb = VERB.exec(typed)?.[1]?.toLowerCase();
  const meant = verb ? actions.filter(({ name }) => name.toLowerCase().startsWith(verb)) : actions;
  const everything = [...taskRows, ...workspaceRows, ...pageRows];
  const lately = recent.flatMap((id) => everything.find((row) => row.id === id) ?? []);
  const groups: Group[] = onlyActions
    ? [{ heading: "Do", rows: meant }]
    : !typed
      ? [
          { heading: "Lately", rows: lately },
          { heading: "Go to", rows: pageRows.filter((row) => !recent.includes(row.id)) },
          { heading: "Do", rows: actions.filter(({ id }) => id === "theme") },
        ]
      : verb
        ? [{ heading: "Do", rows: meant }]
        : [
            { heading: "Tasks", rows: best(taskRows, 6) },
            { heading: "Jobs", rows: jobRows },
            { heading: "Workspaces", rows: best(workspaceRows, 4) },
            { heading: "Pages", rows: best(pageRows, 4) },
            { heading: "Do", rows: actions.filter(({ isQuiet }) => !isQuiet) },
          ];
  const isLoading = tasks.isPending || (typed.length > 1 && (!isSettled || jobs.isFetching));
  return { groups: groups.filter(({ rows }) => rows.length > 0), isLoading };
}

function best(rows: Row[], most: number): Row[] {
  return [...rows].sort((a, b) => b.score - a.score).slice(0, most);
}
