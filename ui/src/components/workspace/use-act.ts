import { useNavigate } from "@tanstack/react-router";
import type { Act } from "@/lib/workspace-acts";

/** Opens the dialog of a verb, by the URL; `undefined` closes it. */
export function useAct(): (act: Act | undefined) => void {
  const navigate = useNavigate({ from: "/workspaces/$workspace/" });
  return (act) => navigate({ search: (before) => ({ ...before, act }), replace: true });
}
