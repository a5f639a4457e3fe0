import "@xyflow/react/dist/base.css";
import {
  BaseEdge,
  type Edge,
  type EdgeProps,
  Handle,
  MiniMap,
  type Node,
  type NodeProps,
  Position,
  ReactFlow,
  ReactFlowProvider,
  useReactFlow,
} from "@xyflow/react";
import { Maximize, Minus, Plus } from "lucide-react";
import { useEffect, useState } from "react";
import { Button } from "@/components/ui/button";
import { cn } from "@/lib/cn";
import { type GraphEdge, type GraphNode, type Layout, layOut, roundedPath } from "./layout";

interface Props {
  nodes: readonly GraphNode[];
  edges: readonly GraphEdge[];
  label: string;
  className?: string;
}

type Box = Node<{ of: GraphNode }, "box">;
type Line = Edge<{ path: string }, "line">;

const FIT = { padding: 0.08, maxZoom: 1 };
const MINIMAP_FROM = 60;

/** A graph from left to right that can be moved and zoomed. What it says is also said by a list elsewhere. */
export default function Graph(props: Props) {
  return (
    <ReactFlowProvider>
      <Canvas {...props} />
    </ReactFlowProvider>
  );
}

function Canvas({ nodes, edges, label, className }: Props) {
  const [layout, setLayout] = useState<Layout>();
  const flow = useReactFlow();
  useEffect(() => {
    let isWanted = true;
    layOut(nodes, edges).then((found) => isWanted && setLayout(found));
    return () => {
      isWanted = false;
    };
  }, [nodes, edges]);
  const fit = () => flow.fitView(FIT);
  return (
    <div role="group" aria-label={label} className={cn("relative bg-canvas", className)}>
      {layout && (
        <ReactFlow
          nodes={boxesOf(nodes, layout)}
          edges={linesOf(layout)}
          nodeTypes={NODE_TYPES}
          edgeTypes={EDGE_TYPES}
          nodesDraggable={false}
          nodesConnectable={false}
          edgesFocusable={false}
          elementsSelectable={false}
          zoomOnScroll={false}
          preventScrolling={false}
          minZoom={0.1}
          maxZoom={2}
          fitView
          fitViewOptions={FIT}
          proOptions={{ hideAttribution: true }}
        >
          {nodes.length > MINIMAP_FROM && <MiniMap pannable zoomable className="max-sm:hidden" />}
        </ReactFlow>
      )}
      <span className="absolute right-3 bottom-3 z-10 flex gap-1">
        <Button size="icon-sm" aria-label="Smaller" title="Smaller" onClick={() => flow.zoomOut()}>
          <Minus size={13} />
        </Button>
        <Button size="icon-sm" aria-label="Larger" title="Larger" onClick={() => flow.zoomIn()}>
          <Plus size={13} />
        </Button>
        <Button size="icon-sm" aria-label="Show all" title="Show all" onClick={fit}>
          <Maximize size={13} />
        </Button>
      </span>
    </div>
  );
}

function boxesOf(nodes: readonly GraphNode[], layout: Layout): Box[] {
  return nodes.map((node) => {
    const place = layout.places.get(node.id) ?? { x: 0, y: 0, width: 0, height: 0 };
    return {
      id: node.id,
      type: "box",
      position: { x: place.x, y: place.y },
      width: place.width,
      height: place.height,
      parentId: node.group,
      data: { of: node },
      ariaLabel: [node.title, node.line].filter(Boolean).join(", "),
    };
  });
}

function linesOf(layout: Layout): Line[] {
  return [...layout.routes].map(([id, points]) => {
    const [source = "", target = ""] = id.split(" ");
    return { id, source, target, type: "line", data: { path: roundedPath(points) } };
  });
}

function BoxNode({ data: { of: node } }: NodeProps<Box>) {
  if (node.isGroup)
    return (
      <div className="h-full w-full rounded-3 border border-line-2 border-dashed">
        <Ends />
        <p className="truncate px-3 pt-1.5 text-11 text-text-3">{node.title}</p>
      </div>
    );
  return (
    <div
      title={[node.title, node.line].filter(Boolean).join(" · ")}
      className={cn(
        "h-full w-full rounded-2 border border-line-2 bg-surface px-2.5 py-[5px]",
        node.isConditional && "border-dashed",
        node.isStacked && "[box-shadow:3px_3px_0_-1px_var(--surface),3px_3px_0_0_var(--line-2)]",
      )}
    >
      <Ends />
      <p className="truncate font-medium text-12">{node.title}</p>
      <p className="truncate text-11 text-text-3">{node.line}</p>
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

function LineEdge({ id, data }: EdgeProps<Line>) {
  return (
    <BaseEdge id={id} path={data?.path ?? ""} style={{ stroke: "var(--line-2)", strokeWidth: 1.25, fill: "none" }} />
  );
}

const NODE_TYPES = { box: BoxNode };
const EDGE_TYPES = { line: LineEdge };
