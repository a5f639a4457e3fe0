import { Plus } from "lucide-react";
import { useState } from "react";
import { Chip } from "@/components/ui/chip";
import { ChoiceChip } from "@/components/ui/choice-chip";
import { FilterBar } from "@/components/ui/filter-bar";
import { Menu, MenuCheck, MenuItem, MenuLine } from "@/components/ui/menu";
import { type State, StateGlyph, wordOf } from "@/components/ui/state-glyph";
import { TextChip } from "@/components/ui/text-chip";
import { TextFilter } from "@/components/ui/text-filter";
import { WorkspaceChip } from "@/components/ui/workspace-chip";
import { clockTime } from "@/lib/time";
import { isFiltered, type JobsSearch } from "./search";

const STATUSES: readonly State[] = ["pending", "running", "completed", "failed", "cancelled", "skipped"];
const SOURCES: readonly [string, string][] = [
  ["api", "API and UI"],
  ["trigger", "Schedules"],
  ["webhook", "Webhooks"],
  ["event_source", "Event sources"],
  ["task", "Other jobs"],
  ["hook", "Hooks of jobs"],
  ["retry", "Retries"],
  ["rerun", "Runs again"],
  ["restart", "Restarts"],
];
const SPANS: readonly [number, string][] = [
  [1, "last hour"],
  [24, "last 24 hours"],
  [168, "last 7 days"],
  [720, "last 30 days"],
];

interface Props {
  search: JobsSearch;
  onChange: (change: Partial<JobsSearch>) => void;
  onClear: () => void;
  searchField: React.RefObject<HTMLInputElement | null>;
  /** What stands at the right end. */
  children?: React.ReactNode;
}

/** The bar of filters over the list of jobs; each is a key of the URL. */
export function JobFiltersBar({ search, onChange, onClear, searchField, children }: Props) {
  const statuses = search.status?.split(",") ?? [];
  const setStatus = (status: string, isOn: boolean) => {
    const next = isOn ? [...statuses, status] : statuses.filter((one) => one !== status);
    onChange({ status: next.join(",") || undefined });
  };
  const time = spanWords(search);
  return (
    <FilterBar isFiltered={isFiltered(search)} onClear={onClear} right={children}>
      <TextFilter
        field={searchField}
        value={search.q ?? ""}
        onChange={(q) => onChange({ q: q || undefined })}
        placeholder="Task, id, error text"
      />
      <Menu
        trigger={
          <Chip value={time} hasMenu>
            Time
          </Chip>
        }
      >
        {SPANS.map(([hours, words]) => (
          <MenuItem key={hours} onSelect={() => onChange({ hours, from: undefined, to: undefined })}>
            {words}
          </MenuItem>
        ))}
        <MenuLine />
        <MenuItem onSelect={() => onChange({ hours: undefined, from: undefined, to: undefined })}>any time</MenuItem>
      </Menu>
      <Menu
        trigger={
          <Chip value={statuses.length ? statuses.join(", ") : undefined} hasMenu>
            Status
          </Chip>
        }
      >
        {STATUSES.map((status) => (
          <MenuCheck key={status} checked={statuses.includes(status)} onChange={(on) => setStatus(status, on)}>
            <StateGlyph state={status} label="" />
            {wordOf(status)}
          </MenuCheck>
        ))}
      </Menu>
      <WorkspaceChip
        value={search.workspace}
        onChange={(workspace) => onChange({ workspace, task: undefined, folder: undefined, release: undefined })}
      />
      <TextChip
        label="Task"
        value={search.task}
        hint={search.workspace ? "The task's name, such as images/reprocess" : CHOOSE}
        onChange={(task) => onChange({ task })}
      />
      <ChoiceChip label="Source" value={search.source} options={SOURCES} onChange={(source) => onChange({ source })} />
      <TextChip
        label="Who"
        value={search.who}
        hint="A person, or a trigger such as main/nightly"
        onChange={(who) => onChange({ who })}
      />
      <MoreFilters search={search} onChange={onChange} />
    </FilterBar>
  );
}

const CHOOSE = "Choose a workspace first";
const RARE = [
  { key: "release", label: "Release", hint: "The number of a release, such as 12", isOfWorkspace: true },
  { key: "commit", label: "Commit", hint: "Its first four characters or more", isOfWorkspace: false },
  { key: "folder", label: "Folder", hint: "Tasks in this folder and below", isOfWorkspace: true },
  { key: "parent", label: "Started by job", hint: "The id of the job that started them", isOfWorkspace: false },
] as const;

/** Filters that are set more rarely. Each is a chip once it is added. */
function MoreFilters({ search, onChange }: Pick<Props, "search" | "onChange">) {
  const [added, setAdded] = useState<readonly string[]>([]);
  const isShown = ({ key }: (typeof RARE)[number]) => added.includes(key) || search[key] !== undefined;
  const others = RARE.filter((one) => !isShown(one));
  return (
    <>
      {RARE.filter(isShown).map(({ key, label, hint, isOfWorkspace }) => (
        <TextChip
          key={key}
          label={label}
          value={search[key]}
          hint={isOfWorkspace && !search.workspace ? CHOOSE : hint}
          onChange={(value) => onChange({ [key]: value })}
        />
      ))}
      {others.length > 0 && (
        <Menu
          trigger={
            <Chip className="border-dashed text-text-3">
              <Plus size={12} />
              Filter
            </Chip>
          }
        >
          {others.map(({ key, label }) => (
            <MenuItem key={key} onSelect={() => setAdded([...added, key])}>
              {label}
            </MenuItem>
          ))}
        </Menu>
      )}
    </>
  );
}

function spanWords(search: JobsSearch): string | undefined {
  if (search.hours) return SPANS.find(([hours]) => hours === search.hours)?.[1] ?? `last ${search.hours} hours`;
  if (!search.from && !search.to) return undefined;
  return `${search.from ? clockTime(search.from) : "…"} – ${search.to ? clockTime(search.to) : "now"}`;
}
