import type { ApiKeyItem } from "@/api/account";

type Scope = Pick<ApiKeyItem, "workspaces" | "tasks" | "verbs" | "addresses">;

/** What a key is good for, in words. */
export function scopeWords({ workspaces, tasks, verbs, addresses }: Scope): string {
  const words = [
    verbs.length > 0 && verbs.join(", "),
    tasks.length > 0 && `tasks ${tasks.join(", ")}`,
    workspaces.length > 0 && `in ${workspaces.join(", ")}`,
    addresses.length > 0 && `from ${addresses.join(", ")}`,
  ].filter(Boolean);
  return words.join(" · ") || "all that its owner may do";
}
