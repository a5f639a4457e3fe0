import type { UserItem } from "@/api/users";

/** What an administrator can do with a user; each is asked for in a dialog. */
export type UserAct = "groups" | "admin" | "reset-link" | "sessions" | "disabled" | "delete";

/** The acts of a user with their words. Nobody takes their own rights away, or their own account. */
export function actsOf(user: UserItem, myId: string): readonly (readonly [UserAct, string])[] {
  const acts: (readonly [UserAct, string])[] = [
    ["groups", "Change groups…"],
    ["admin", user.is_admin ? "Take administrator away…" : "Make administrator…"],
    ["reset-link", "Link for a password…"],
    ["sessions", "Sessions…"],
    ["disabled", user.is_disabled ? "Enable…" : "Disable…"],
    ["delete", "Delete…"],
  ];
  const isMe = user.user_id === myId;
  return acts.filter(([act]) => !(isMe && ["admin", "disabled", "delete"].includes(act)));
}

/** A user's name, else the address. */
export function userName(user: Pick<UserItem, "name" | "email">): string {
  return user.name || user.email;
}
