import { useReactFlow } from "@xyflow/react";
import { useCallback, useLayoutEffect, useRef } from "react";
import type { Layout, Place } from "./layout";

/** Opens or closes a group, which then stays where it is on the screen. */
export function useTurn(layout: Layout | undefined, onTurn: (id: string) => void): (id: string) => void {
  const flow = useReactFlow();
  const turned = useRef<{ id: string; was: Place } | null>(null);
  useLayoutEffect(() => {
    const now = turned.current && layout?.absolute.get(turned.current.id);
    if (!turned.current || !now || now === turned.current.was) return;
    const { x, y, zoom } = flow.getViewport();
    const { was } = turned.current;
    turned.current = null;
    flow.setViewport({ x: x + (was.x - now.x) * zoom, y: y + (was.y - now.y) * zoom, zoom });
  }, [layout, flow]);
  return useCallback(
    (id) => {
      const was = layout?.absolute.get(id);
      if (was) turned.current = { id, was };
      onTurn(id);
    },
    [layout, onTurn],
  );
}
