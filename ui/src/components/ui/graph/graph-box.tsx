import { Handle, type NodeProps, Position } from "@xyflow/react";
import { StateGlyph } from "@/components/ui/state-glyph";
import { cn } from "@/lib/cn";
import type { Box } from "./graph";

/** A box: a state with a name, two lines, or the frame of a group. */
export function GraphBox({ data: { of: node, isSelected } }: NodeProps<Box>) {
  const chosen = isSelected && "border-accent [box-shadow:0_0_0_1px_var(--accent)]";
  if (node.isGroup)
    return (
      <div className={cn("h-full w-full rounded-3 border border-line-2 border-dashed", chosen)}>
        <Ends />
        <p className="flex items-center gap-1.5 px-3 pt-1.5 text-11 text-text-3">
          {node.state && <StateGlyph state={node.state} share={node.share} size={12} />}
          <span className="truncate">{node.title}</span>
        </p>
      </div>
    );
  return (
    <div
      title={[node.title, node.line].filter(Boolean).join(" · ")}
      className={cn(
        "h-full w-full rounded-2 border border-line-2 bg-surface",
        node.state ? "flex items-center gap-1.5 px-[7px] text-12" : "px-2.5 py-[5px]",
        node.isConditional && "border-dashed",
        node.isConditional && node.state && "bg-canvas text-text-3",
        node.isStacked && "[box-shadow:3px_3px_0_-1px_var(--surface),3px_3px_0_0_var(--line-2)]",
        chosen,
      )}
    >
      <Ends />
      {node.state ? (
        <>
          <StateGlyph state={node.state} share={node.share} />
          <span className="min-w-0 flex-1 truncate">{node.title}</span>
          {node.line && <span className="flex-none text-11 text-text-3 tabular-nums">{node.line}</span>}
        </>
      ) : (
        <>
          <p className="truncate font-medium text-12">{node.title}</p>
          <p className="truncate text-11 text-text-3">{node.line}</p>
        </>
      )}
    </div>
  );
}

function Ends() {
  return (
    <>
      <Handle type="target" position={Position.Left} isConnectable={false} className="invisible" />
      <Handle type="source" position={Position.Right} isConnectable={false} className="invisible" />
    </>
  );
}
