import { useMay } from "@/api/rights";
import { useSession } from "@/session/session";
import { type Entry, GROUPS } from "./entries";

/** The navigation in its groups, without the pages that somebody may not see. */
export function usePages(): readonly (readonly Entry[])[] {
  const { status } = useSession();
  const may = { "user.manage": useMay("user.manage"), "audit.read": useMay("audit.read") };
  const isShown = ({ verb, isOfAccounts }: Entry) => (!verb || may[verb]) && !(isOfAccounts && status === "off");
  return GROUPS.map((group) => group.filter(isShown));
}
