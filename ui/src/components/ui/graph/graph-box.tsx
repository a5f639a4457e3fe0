import { Handle, type NodeProps, Position } from "@xyflow/react";
import { ChevronDown, ChevronRight } from "lucide-react";
import { ActionIcon } from "@/components/ui/action-icon";
import { StateGlyph } from "@/components/ui/state-glyph";
import { cn } from "@/lib/cn";
import { count, counted } from "@/lib/number";
import type { Box } from "./graph";
import type { GraphNode } from "./layout";

/** A box: a state with a name, two lines, or the frame of a group. */
export function GraphBox({ data: { of: node, isSelected, onTurn, isInTabs } }: NodeProps<Box>) {
  const isFrame = node.isGroup;
  const isStep = !!node.state && !isFrame;
  return (
    <div
      title={isFrame ? undefined : wordsOf(node).join(" · ")}
      className={cn(
        "h-full w-full border border-line-2",
        isFrame ? "rounded-3 border-dashed" : "rounded-2 bg-surface",
        node.isConditional && "border-dashed",
        node.isConditional && isStep && "bg-canvas text-text-3",
        node.isStacked && !isFrame && "[box-shadow:3px_3px_0_-1px_var(--surface),3px_3px_0_0_var(--line-2)]",
        isSelected && "border-accent [box-shadow:0_0_0_1px_var(--accent)]",
      )}
    >
      <Ends />
      <div
        className={cn(
          "flex items-center",
          isFrame ? "h-7 gap-1.5 px-2.5 text-11 text-text-3" : "h-full gap-1.5",
          !isFrame && (isStep ? "px-[7px] text-12" : "px-2.5"),
        )}
      >
        {onTurn && (isFrame || node.closed !== undefined) && (
          <button
            type="button"
            aria-expanded={!!isFrame}
            aria-label={`Steps of ${node.title}`}
            title={isFrame ? "Close the group" : "Open the group"}
            tabIndex={isInTabs ? undefined : -1}
            className="nopan -mx-1.5 grid size-6 flex-none place-items-center rounded-1 text-text-3 hover:bg-hover hover:text-text"
            onClick={(event) => {
              event.stopPropagation();
              onTurn(node.id);
            }}
          >
            {isFrame ? <ChevronDown size={12} /> : <ChevronRight size={12} />}
          </button>
        )}
        {node.state && <StateGlyph state={node.state} share={node.share} size={isFrame ? 12 : undefined} />}
        {!isFrame && node.closed === undefined && !node.state && <ActionIcon type={node.action} />}
        {isFrame ? (
          <span className="truncate">{node.title}</span>
        ) : isStep ? (
          <>
            <span className="min-w-0 flex-1 truncate">{node.title}</span>
            <span className="flex-none text-11 text-text-3 tabular-nums">
              {node.closed === undefined ? node.line : count(node.closed)}
            </span>
          </>
        ) : (
          <div className="min-w-0 flex-1">
            <p className="truncate font-medium text-12">{node.title}</p>
            <p className="truncate text-11 text-text-3">{wordsOf(node)[1]}</p>
          </div>
        )}
      </div>
    </div>
  );
}

/** What a box says: its name and its second line. */
export function wordsOf(node: GraphNode): string[] {
  const line = node.closed === undefined ? node.line : counted(node.closed, "step");
  return [node.title, line ?? ""].filter(Boolean);
}

function Ends() {
  return (
    <>
      <Handle type="target" position={Position.Left} isConnectable={false} className="invisible" />
      <Handle type="source" position={Position.Right} isConnectable={false} className="invisible" />
    </>
  );
}
