import "@xyflow/react/dist/base.css";
import {
  BaseEdge,
  type Edge,
  type EdgeProps,
  MiniMap,
  type Node,
  Position,
  ReactFlow,
  ReactFlowProvider,
  useReactFlow,
  type Viewport,
} from "@xyflow/react";
import { Maximize, Minus, Plus } from "lucide-react";
import { useEffect, useMemo, useRef } from "react";
import { Button } from "@/components/ui/button";
import { cn } from "@/lib/cn";
import { useShortcuts } from "@/lib/keys";
import { NARROW, useMedia } from "@/lib/media";
import { GraphBox, wordsOf } from "./graph-box";
import {
  type BoxSize,
  type GraphEdge,
  type GraphNode,
  type Layout,
  type Place,
  roundedPath,
  TWO_LINES,
} from "./layout";
import { nearest, neighbour } from "./neighbour";
import { useLayout } from "./use-layout";
import { useTurn } from "./use-turn";

interface Props {
  nodes: readonly GraphNode[];
  edges: readonly GraphEdge[];
  label: string;
  size?: BoxSize;
  /** The id of the chosen box. Arrow keys follow edges when boxes can be chosen. */
  selected?: string | null;
  onSelect?: (id: string) => void;
  onEnter?: () => void;
  /** Opens a group, or closes it. */
  onTurn: (id: string) => void;
  className?: string;
}

interface BoxData extends Record<string, unknown> {
  of: GraphNode;
  isSelected: boolean;
  onTurn: (id: string) => void;
  /** The Tab key stops at what can be pressed in the box. */
  isInTabs: boolean;
}

export type Box = Node<BoxData, "box">;
type Line = Edge<{ path: string; tone: GraphEdge["tone"] }, "line">;

const FIT = { padding: 0.08, maxZoom: 1 };
/** Words of boxes can be read from this zoom on. */
const LEGIBLE = 0.75;
const MINIMAP_FROM = 200;
/** Larger graphs open at the chosen box instead of as a whole. */
const WHOLE_UP_TO = 300;

/** A graph from left to right that can be moved and zoomed. What it says is also said by a list elsewhere. */
export default function Graph(props: Props) {
  return (
    <ReactFlowProvider>
      <Canvas {...props} />
    </ReactFlowProvider>
  );
}

function Canvas({ nodes, edges, label, size = TWO_LINES, selected = null, className, ...acts }: Props) {
  const { onSelect, onEnter, onTurn } = acts;
  const layout = useLayout(nodes, edges, size);
  const flow = useReactFlow();
  const frame = useRef<HTMLDivElement>(null);
  const turn = useTurn(layout, onTurn);
  const isInTabs = !onSelect;
  const boxes = useMemo(
    () => layout && boxesOf(nodes, layout, (of) => ({ of, isSelected: of.id === selected, onTurn: turn, isInTabs })),
    [nodes, layout, selected, turn, isInTabs],
  );
  const chosen = nodes.find(({ id }) => id === selected);
  const canTurn = !!chosen && (!!chosen.isGroup || chosen.closed !== undefined);
  useShortcuts([
    { keys: "o", label: "Open or close the group", group: "Graph", run: () => canTurn && turn(chosen.id) },
  ]);
  const lines = useMemo(() => layout && linesOf(edges, layout), [edges, layout]);
  const isNarrow = useMedia(NARROW);
  const isLarge = nodes.length > WHOLE_UP_TO;
  const start = isLarge
    ? viewOf(layout?.absolute.get(selected ?? nodes[0]?.id ?? ""), frame.current)
    : layout && isNarrow && beginOf(layout, frame.current);
  const hasMap = nodes.length > MINIMAP_FROM;
  const show = (id: string | null) => {
    const place = id === null ? undefined : layout?.absolute.get(id);
    if (place) flow.setCenter(place.x + place.width / 2, place.y + place.height / 2, { zoom: flow.getZoom() });
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: the view moves when another box is chosen
  useEffect(() => {
    const place = selected === null ? undefined : layout?.absolute.get(selected);
    if (place && frame.current && !isInView(place, flow.getViewport(), frame.current)) show(selected);
  }, [selected]);
  const fit = () => flow.fitView(FIT);
  const onKeyDown = (event: React.KeyboardEvent) => {
    if (!layout || event.ctrlKey || event.metaKey || event.altKey) return;
    const next = neighbour(layout, edges, selected ?? nearest(layout), event.key);
    const acts: Record<string, (() => unknown) | undefined> = {
      "+": flow.zoomIn,
      "-": flow.zoomOut,
      "0": fit,
      Enter: onEnter,
    };
    const act = next !== null && onSelect ? () => onSelect(next) : acts[event.key];
    if (!act) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  };
  return (
    <div
      ref={frame}
      role="group"
      aria-label={label}
      tabIndex={onSelect ? 0 : undefined}
      onKeyDown={onKeyDown}
      className={cn("relative bg-canvas", className)}
    >
      {boxes && lines && (
        <ReactFlow
          nodes={boxes}
          edges={lines}
          nodeTypes={NODE_TYPES}
          edgeTypes={EDGE_TYPES}
          onNodeClick={(_, node) => onSelect?.(node.id)}
          defaultViewport={start || undefined}
          nodesFocusable={!onSelect}
          nodesDraggable={false}
          nodesConnectable={false}
          edgesFocusable={false}
          elementsSelectable={false}
          zoomOnScroll={false}
          preventScrolling={false}
          onlyRenderVisibleElements={isLarge}
          minZoom={isLarge ? 0.25 : 0.1}
          maxZoom={2}
          fitView={!start}
          fitViewOptions={FIT}
          attributionPosition={`${hasMap ? "top" : "bottom"}-${onSelect ? "right" : "left"}`}
        >
          {hasMap && (
            <MiniMap
              pannable
              zoomable
              className="border border-line max-sm:hidden"
              style={{ width: 132, height: 76, margin: 8 }}
              bgColor="var(--surface)"
              nodeColor="var(--line-2)"
              maskColor="var(--scrim)"
            />
          )}
        </ReactFlow>
      )}
      <span className={cn("absolute bottom-2 z-10 flex gap-1", onSelect || hasMap ? "left-2.5" : "right-3")}>
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

/** The part of a graph around a box, in its full size. */
function viewOf(place: Place | undefined, frame: HTMLElement | null): Viewport {
  const [x, y] = place ? [place.x + place.width / 2, place.y + place.height / 2] : [0, 0];
  return { x: (frame?.clientWidth ?? 0) / 2 - x, y: (frame?.clientHeight ?? 0) / 2 - y, zoom: 1 };
}

/** The left of a graph whose words could not be read if all of it were in view of a telephone. */
function beginOf(layout: Layout, frame: HTMLElement | null): Viewport | null {
  const places = [...layout.absolute.values()];
  const width = Math.max(...places.map((place) => place.x + place.width));
  const height = Math.max(...places.map((place) => place.y + place.height));
  if (!frame || frame.clientWidth / width >= LEGIBLE) return null;
  return { x: 4, y: (frame.clientHeight - height * LEGIBLE) / 2, zoom: LEGIBLE };
}

function isInView(place: Place, view: Viewport, frame: HTMLElement): boolean {
  const left = place.x * view.zoom + view.x;
  const top = place.y * view.zoom + view.y;
  const [width, height] = [place.width * view.zoom, place.height * view.zoom];
  return left >= 0 && top >= 0 && left + width <= frame.clientWidth && top + height <= frame.clientHeight;
}

/** The boxes that have a place; what a group shows next has none yet. */
function boxesOf(nodes: readonly GraphNode[], layout: Layout, dataOf: (node: GraphNode) => BoxData): Box[] {
  return nodes.flatMap((node) => {
    const place = layout.places.get(node.id);
    if (!place) return [];
    return {
      id: node.id,
      type: "box",
      position: { x: place.x, y: place.y },
      width: place.width,
      height: place.height,
      // Without these, React Flow draws all boxes once to measure them, thousands too.
      measured: { width: place.width, height: place.height },
      handles: [
        { type: "target", position: Position.Left, x: 0, y: place.height / 2 },
        { type: "source", position: Position.Right, x: place.width, y: place.height / 2 },
      ],
      parentId: node.group,
      data: dataOf(node),
      ariaLabel: wordsOf(node).join(", "),
    };
  });
}

function linesOf(edges: readonly GraphEdge[], layout: Layout): Line[] {
  return edges.flatMap(({ from, to, tone }) => {
    const points = layout.routes.get(`${from} ${to}`);
    if (!points) return [];
    const data = { path: roundedPath(points), tone };
    return [{ id: `${from} ${to}`, source: from, target: to, type: "line" as const, data }];
  });
}

const STROKE = {
  way: { stroke: "var(--running-fill)", strokeWidth: 1.5, fill: "none" },
  none: { stroke: "var(--line-2)", strokeWidth: 1.25, strokeDasharray: "3 3", fill: "none" },
  plain: { stroke: "var(--line-2)", strokeWidth: 1.25, fill: "none" },
};

function LineEdge({ id, data }: EdgeProps<Line>) {
  return <BaseEdge id={id} path={data?.path ?? ""} style={STROKE[data?.tone ?? "plain"]} />;
}

const NODE_TYPES = { box: GraphBox };
const EDGE_TYPES = { line: LineEdge };
