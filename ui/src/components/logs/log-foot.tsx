import { messageOf } from "@/api/error";
import { Kbd } from "@/components/ui/kbd";
import { count, counted } from "@/lib/number";
import { writeLines } from "./line-range";
import type { LogModel } from "./log-model";
import type { Span } from "./row-map";

interface Props {
  model: LogModel;
  shown: number | null;
  isCut: boolean;
  words: string;
  linked: Span | null;
  onCopy: (what: "lines" | "link") => void;
  onUnlink: () => void;
  isLive: boolean;
  isFollowing: boolean;
  fresh: number;
  onFollow: () => void;
}

const STATES = {
  polling: "The stream cannot be had: new lines are asked for every 3 s",
  lost: "The server does not answer: new lines are missing",
};

/** The line below a log: how long it is, what is linked, and whether its end is followed. */
export function LogFoot(props: Props) {
  const { model, shown, linked, isLive, isFollowing, fresh } = props;
  const trouble = model.tailState === "polling" || model.tailState === "lost" ? STATES[model.tailState] : null;
  return (
    <div className="flex h-7 flex-none items-center gap-3 overflow-hidden whitespace-nowrap border-line border-t px-3 text-12 text-text-3">
      <span className="tabular-nums">
        {shown !== null && `${count(shown)}${props.isCut ? "+" : ""} of `}
        {counted(model.total, "line")}
      </span>
      <span className="@max-sm:hidden truncate">{props.words}</span>
      {linked && (
        <span className="flex items-center gap-2">
          {linked.first === linked.last ? "line" : "lines"} {writeLines(linked).replace("-", "–")}
          <Verb onPress={() => props.onCopy("lines")}>Copy</Verb>
          <Verb onPress={() => props.onCopy("link")}>Copy link</Verb>
          <Verb onPress={props.onUnlink}>Clear</Verb>
        </span>
      )}
      {model.error !== null && model.isReady && (
        <span role="alert" className="truncate text-failed" title={messageOf(model.error)}>
          {messageOf(model.error)}
        </span>
      )}
      {trouble && (
        <span role="status" className="truncate text-waiting">
          {trouble}
        </span>
      )}
      <span className="ml-auto flex items-center gap-2">
        {isLive && (
          <button
            type="button"
            aria-pressed={isFollowing}
            onClick={props.onFollow}
            className="font-medium text-accent hover:underline"
          >
            {isFollowing ? "Following" : fresh > 0 ? `Follow, ${count(fresh)} new` : "Follow"}
          </button>
        )}
        {isLive && <Kbd>F</Kbd>}
      </span>
    </div>
  );
}

function Verb({ onPress, children }: { onPress: () => void; children: React.ReactNode }) {
  return (
    <button type="button" className="text-accent hover:underline" onClick={onPress}>
      {children}
    </button>
  );
}
