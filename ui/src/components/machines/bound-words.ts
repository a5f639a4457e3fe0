import type { JoinTokenItem } from "@/api/machines";

type Bounds = Pick<JoinTokenItem, "workspaces" | "tags" | "abilities">;

/** What a worker may run and offer at most, in words. */
export function boundWords({ workspaces, tags, abilities }: Bounds): string {
  const words = [
    workspaces.length > 0 && `in ${workspaces.join(", ")}`,
    tags.length > 0 && `tags ${tags.join(", ")}`,
    abilities.length > 0 && `abilities ${abilities.join(", ")}`,
  ].filter(Boolean);
  return words.join(" · ") || "everything";
}

/** How many workers have joined by a token, and how many more may. */
export function usesWords({ uses, uses_left }: Pick<JoinTokenItem, "uses" | "uses_left">): string {
  return uses_left === null ? `${uses} of any number` : `${uses} of ${uses + uses_left}`;
}
