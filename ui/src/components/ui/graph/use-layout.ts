import { useEffect, useState } from "react";
import { type BoxSize, type GraphEdge, type GraphNode, type Layout, layOut } from "./layout";

/** Where boxes lie. They stay where they are while only their states change. */
export function useLayout(nodes: readonly GraphNode[], edges: readonly GraphEdge[], size: BoxSize): Layout | undefined {
  const [layout, setLayout] = useState<Layout>();
  const shape = JSON.stringify([
    nodes.map((node) => [node.id, node.group, node.isGroup]),
    edges.map((edge) => [edge.from, edge.to]),
    size,
  ]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: only another shape has to be laid out anew
  useEffect(() => {
    let isWanted = true;
    layOut(nodes, edges, size).then((found) => isWanted && setLayout(found));
    return () => {
      isWanted = false;
    };
  }, [shape]);
  return layout;
}
