import { Link } from "@tanstack/react-router";
import { CircleUser, LogOut, Search } from "lucide-react";
import { useMe } from "@/api/me";
import { Sheet } from "@/components/ui/dialog";
import { useSession } from "@/session/session";
import type { Entry } from "./entries";
import { leave, OFF_WORDS, WhoLines } from "./user-menu";

const LINE = "flex h-11 w-full items-center gap-3 border-line border-b px-4";

interface Props {
  entries: readonly Entry[];
  onFind: () => void;
  onClose: () => void;
}

/** The pages that have no place in the bar of narrow screens. */
export default function MorePages({ entries, onFind, onClose }: Props) {
  const find = () => {
    onClose();
    onFind();
  };
  return (
    <Sheet open onOpenChange={onClose} title="Pages" className="w-[280px]">
      <button type="button" onClick={find} className={LINE}>
        <Search size={16} strokeWidth={1.75} className="text-text-3" />
        Find or do
      </button>
      {entries.map((entry) => (
        <Link key={entry.to} to={entry.to} onClick={onClose} className={LINE}>
          <entry.icon size={16} strokeWidth={1.75} className="text-text-3" />
          {entry.label}
        </Link>
      ))}
      <Person onClose={onClose} />
    </Sheet>
  );
}

/** Who is signed in, with the ways to the account and out; or that sign-in is off. */
function Person({ onClose }: { onClose: () => void }) {
  const { status } = useSession();
  const me = useMe();
  if (status === "off") return <p className="p-4 text-12 text-text-3">{OFF_WORDS}</p>;
  if (!me) return null;
  return (
    <>
      <Link to="/account" onClick={onClose} className={`${LINE} mt-4 border-t`}>
        <CircleUser size={16} strokeWidth={1.75} className="flex-none text-text-3" />
        <WhoLines me={me} className="min-w-0" />
      </Link>
      <button type="button" onClick={leave} className={LINE}>
        <LogOut size={16} strokeWidth={1.75} className="text-text-3" />
        Sign out
      </button>
    </>
  );
}
