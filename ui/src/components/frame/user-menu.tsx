import { useNavigate } from "@tanstack/react-router";
import { ChevronsUpDown, CircleUser, LockOpen, LogOut } from "lucide-react";
import { messageOf } from "@/api/error";
import { type Me, useMe } from "@/api/me";
import { Menu, MenuItem, MenuLine } from "@/components/ui/menu";
import { showToast } from "@/components/ui/toast";
import { signOut, useSession } from "@/session/session";

/** What people are told where there is no sign-in. */
export const OFF_WORDS = "Sign-in is off: whoever reaches this address may do everything.";

/** Who is signed in, with what concerns them; or that sign-in is off. `hides` are classes for what a rail leaves out. */
export function UserMenu({ hides }: { hides: string }) {
  const { status } = useSession();
  const me = useMe();
  const navigate = useNavigate();
  if (status === "off") {
    return (
      <p className="flex h-8 items-center gap-1.5 text-11 text-text-3" title={OFF_WORDS}>
        <LockOpen size={11} className="flex-none" aria-hidden />
        <span className="sr-only">{OFF_WORDS}</span>
        <span className={hides} aria-hidden>
          Sign-in is off
        </span>
      </p>
    );
  }
  if (!me) return <div className="h-8" />;
  return (
    <Menu
      className="w-[260px]"
      trigger={
        <button
          type="button"
          aria-label={`Signed in as ${nameOf(me)}`}
          className="-mx-2 flex h-8 min-w-0 items-center gap-2 rounded-2 px-1.5 text-13 text-text-2 hover:bg-hover"
        >
          <Initial me={me} />
          <span className={`min-w-0 flex-1 truncate text-left ${hides}`}>{nameOf(me)}</span>
          <ChevronsUpDown size={13} className={`flex-none text-text-3 ${hides}`} aria-hidden />
        </button>
      }
    >
      <WhoLines me={me} className="px-2 py-1.5" />
      <MenuLine />
      <MenuItem onSelect={() => navigate({ to: "/account" })}>
        <CircleUser size={14} />
        Account
      </MenuItem>
      <MenuItem onSelect={leave}>
        <LogOut size={14} />
        Sign out
      </MenuItem>
    </Menu>
  );
}

/** Ends the session, or says why it was not ended. */
export function leave(): void {
  signOut().catch((error) => showToast({ tone: "failed", text: `Not signed out: ${messageOf(error)}` }));
}

/** A person's name above the address. */
export function WhoLines({ me, className }: { me: Me; className?: string }) {
  return (
    <div className={className}>
      <p className="truncate font-medium text-13">{nameOf(me)}</p>
      <p className="truncate text-12 text-text-3">
        {me.name && me.email}
        {me.is_admin && `${me.name ? " · " : ""}administrator`}
      </p>
    </div>
  );
}

function Initial({ me }: { me: Me }) {
  return (
    <span
      data-initial={nameOf(me).charAt(0).toUpperCase()}
      className="grid size-5 flex-none place-items-center rounded-full bg-accent-tint font-semibold text-11 text-accent before:content-[attr(data-initial)]"
    />
  );
}

function nameOf(me: Me): string {
  return me.name || me.email;
}
