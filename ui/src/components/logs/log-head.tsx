import { Clock, Download, ListFilter, Maximize, Minimize, TextWrap } from "lucide-react";
import type { LogFile } from "@/api/logs";
import { Button } from "@/components/ui/button";
import { Menu, MenuChoices, MenuItem, MenuLabel, MenuLine } from "@/components/ui/menu";
import { Segments } from "@/components/ui/segments";
import { type State, StateGlyph, wordOf } from "@/components/ui/state-glyph";
import { cn } from "@/lib/cn";
import type { TimeMode } from "./line-time";
import { ALL_LINES, type LogFilter, type LogLevel, type LogStream } from "./log-filter";
import type { LogPrefs } from "./use-log-prefs";

interface Props {
  name: string;
  state: State;
  attempts: number;
  /** The state of the last attempt. */
  last: State;
  attempt: number | undefined;
  onAttempt: (attempt: number) => void;
  search: React.ReactNode;
  filter: LogFilter;
  onFilter: (filter: LogFilter) => void;
  prefs: LogPrefs;
  onPrefs: (change: Partial<LogPrefs>) => void;
  onDownload: (file: LogFile) => void;
  isFull: boolean;
  onFull?: () => void;
}

const STREAMS: [LogStream, string][] = [
  ["both", "stdout and stderr"],
  ["stdout", "Only stdout"],
  ["stderr", "Only stderr"],
];
const LEVELS: [LogLevel, string][] = [
  ["all", "All lines"],
  ["errors", "Only errors"],
  ["warnings", "Only warnings"],
];
const FILES: [LogFile, string][] = [
  ["text", "As text"],
  ["colours", "As text with its colours"],
  ["jsonl", "As JSON lines, with times and streams"],
];
const TIMES: [TimeMode, string][] = [
  ["offset", "Since the first line"],
  ["clock", "Time of day"],
  ["none", "None"],
];

/** The line above a log: whose it is, its attempts, the search, and how it is shown. */
export function LogHead(props: Props) {
  const { attempts, filter, onFilter, prefs, onPrefs } = props;
  const isFiltered = filter.stream !== ALL_LINES.stream || filter.level !== ALL_LINES.level;
  return (
    <div className="flex min-h-9 flex-none flex-wrap items-center gap-x-1.5 gap-y-1 border-line border-b px-3 py-[5px] @md:flex-nowrap">
      <StateGlyph state={props.state} />
      <h2 className="max-w-[40%] flex-none truncate @md:max-w-[28%] font-medium" title={props.name}>
        {props.name}
      </h2>
      {attempts > 1 && <Attempts {...props} />}
      <div className="order-last flex w-full @md:order-none @md:ml-auto @md:w-auto @md:min-w-[150px] @md:flex-[0_1_300px]">
        {props.search}
      </div>
      <div className="ml-auto flex items-center gap-0.5 @md:ml-0">
        <Menu
          align="end"
          trigger={
            <Button variant="quiet" size="icon-sm" aria-label="Filter" title="Filter by stream and level">
              <ListFilter size={15} className={cn(isFiltered && "text-accent")} />
            </Button>
          }
        >
          <MenuLabel>Stream</MenuLabel>
          <MenuChoices value={filter.stream} options={STREAMS} onChange={(stream) => onFilter({ ...filter, stream })} />
          <MenuLine />
          <MenuLabel>Level, by the words of a line</MenuLabel>
          <MenuChoices value={filter.level} options={LEVELS} onChange={(level) => onFilter({ ...filter, level })} />
        </Menu>
        <Button
          variant="quiet"
          size="icon-sm"
          aria-label="Wrap"
          title="Wrap long lines (w)"
          aria-pressed={prefs.isWrapped}
          onClick={() => onPrefs({ isWrapped: !prefs.isWrapped })}
        >
          <TextWrap size={15} />
        </Button>
        <Menu
          align="end"
          trigger={
            <Button
              variant="quiet"
              size="icon-sm"
              aria-label="Times"
              title="Times of lines"
              className={cn(prefs.time !== "none" && "bg-hover text-text")}
            >
              <Clock size={15} />
            </Button>
          }
        >
          <MenuLabel>Times of lines</MenuLabel>
          <MenuChoices value={prefs.time} options={TIMES} onChange={(time) => onPrefs({ time })} />
        </Menu>
        <Menu
          align="end"
          trigger={
            <Button variant="quiet" size="icon-sm" aria-label="Download" title="Download the whole log">
              <Download size={15} />
            </Button>
          }
        >
          <MenuLabel>The whole log</MenuLabel>
          {FILES.map(([file, words]) => (
            <MenuItem key={file} onSelect={() => props.onDownload(file)}>
              {words}
            </MenuItem>
          ))}
        </Menu>
        {props.onFull && (
          <Button
            variant="quiet"
            size="icon-sm"
            aria-label="Full width"
            title="Full width"
            aria-pressed={props.isFull}
            onClick={props.onFull}
          >
            {props.isFull ? <Minimize size={15} /> : <Maximize size={15} />}
          </Button>
        )}
      </div>
    </div>
  );
}

const MOST_ATTEMPTS = 5;

/** The last attempts of a step: the one that is shown and those around it. */
function Attempts({ attempts, attempt = attempts, last, onAttempt }: Props) {
  const first = Math.max(Math.min(attempt - 2, attempts - MOST_ATTEMPTS + 1), 1);
  const shown = Array.from({ length: Math.min(MOST_ATTEMPTS, attempts) }, (_, index) => first + index);
  return (
    <Segments
      label="Attempts"
      value={String(attempt)}
      onChange={(value) => onAttempt(Number(value))}
      options={shown.map((number) => {
        const state = number === attempts ? last : "failed";
        const label = (
          <>
            <StateGlyph state={state} />
            {number}
          </>
        );
        return { value: String(number), title: `Attempt ${number}: ${wordOf(state)}`, label };
      })}
    />
  );
}
