import { Ellipsis } from "lucide-react";
import { useMethodNames } from "@/api/config";
import type { UserItem } from "@/api/users";
import { Button } from "@/components/ui/button";
import { Menu, MenuItem } from "@/components/ui/menu";
import { Tag } from "@/components/ui/state-word";
import { Cell, Row } from "@/components/ui/table";
import { RelativeTime } from "@/components/ui/time";
import { cn } from "@/lib/cn";
import { actsOf, type UserAct, userName } from "./user-acts";

/** The columns of the table of users. */
export const USER_COLUMNS = [
  { label: "User", className: "" },
  { label: "Groups", className: "w-[26%] max-sm:hidden" },
  { label: "Signs in with", className: "w-[140px] max-lg:hidden" },
  { label: "Last sign-in", className: "w-[112px] max-sm:w-[104px]" },
  { label: "Verbs", className: "w-[56px]", isQuiet: true },
];

interface Props {
  user: UserItem;
  myId: string;
  isCurrent: boolean;
  onAct: (act: UserAct) => void;
}

/** A user in two lines. */
export function UserRow({ user, myId, isCurrent, onAct }: Props) {
  const names = useMethodNames(user.auth_methods);
  return (
    <Row isCurrent={isCurrent} data-user={user.email} className="[&>td]:border-line [&>td]:border-b">
      <Cell className="py-1.5">
        <span className="flex min-w-0 items-center gap-2">
          <span className={cn("truncate font-medium", user.is_disabled && "text-text-3 line-through")}>
            {userName(user)}
          </span>
          {user.is_admin && <Tag state="running">administrator</Tag>}
          {user.is_disabled && <Tag state="suspended">disabled</Tag>}
          {user.user_id === myId && <Tag state="completed">you</Tag>}
        </span>
        {user.name && <span className="block truncate text-12 text-text-3">{user.email}</span>}
      </Cell>
      <Cell className="text-text-2 max-sm:hidden" title={user.groups.join(", ")}>
        {user.groups.join(", ") || <span className="text-faint">–</span>}
      </Cell>
      <Cell className="text-text-2 max-lg:hidden">
        {names.join(", ") || <span className="text-text-3">nothing yet</span>}
      </Cell>
      <Cell className="text-text-2">
        {user.last_login_at ? <RelativeTime at={user.last_login_at} /> : <span className="text-text-3">never</span>}
      </Cell>
      <Cell className="text-right">
        <Menu
          align="end"
          trigger={
            <Button variant="quiet" size="icon-sm" aria-label={`Verbs for ${userName(user)}`}>
              <Ellipsis size={14} />
            </Button>
          }
        >
          {actsOf(user, myId).map(([act, words]) => (
            <MenuItem key={act} isDanger={act === "delete"} onSelect={() => onAct(act)}>
              {words}
            </MenuItem>
          ))}
        </Menu>
      </Cell>
    </Row>
  );
}
