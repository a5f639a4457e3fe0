import { readTexts } from "@/lib/search";

export const PANES = ["files", "text", "mistakes", "plan", "patch"] as const;
export type Pane = (typeof PANES)[number];

/** What the URL says of the editor. */
export interface EditSearch {
  file?: string;
  /** The place that is gone to, from 1. */
  line?: number;
  column?: number;
  pane?: Pane;
}

export function readEditSearch(raw: Record<string, unknown>): EditSearch {
  const number = (value: unknown) => (Number(value) > 0 ? Math.trunc(Number(value)) : undefined);
  return {
    ...readTexts(raw, ["file"]),
    line: number(raw["line"]),
    column: number(raw["column"]),
    pane: PANES.find((pane) => pane === raw["pane"]),
  };
}
