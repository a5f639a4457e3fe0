import { useInfiniteQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { type UserItem, userPagesQuery } from "@/api/users";
import { ErrorState } from "@/components/ui/error-state";
import { MoreButton } from "@/components/ui/more-button";
import { SkeletonRows } from "@/components/ui/skeleton";
import { Table } from "@/components/ui/table";
import { useRowKeys } from "@/components/ui/use-row-keys";
import type { UserAct } from "./user-acts";
import { UserDialog } from "./user-dialog";
import { USER_COLUMNS, UserRow } from "./user-row";

/** All users. */
export function UsersPane({ myId }: { myId: string }) {
  const query = useInfiniteQuery(userPagesQuery);
  const users = useMemo(() => query.data?.pages.flatMap((page) => page.items) ?? [], [query.data]);
  const [asked, ask] = useState<{ act: UserAct; user: UserItem }>();
  const [current] = useRowKeys({
    group: "Users",
    noun: "user",
    count: users.length,
    onOpen: (index) => {
      const user = users[index];
      if (user) ask({ act: "groups", user });
    },
  });
  if (query.error && !query.data) {
    return <ErrorState error={query.error} what="The list of users" onRetry={query.refetch} />;
  }
  if (query.isPending) return <SkeletonRows rows={8} height={44} hasHead />;
  return (
    <>
      <Table columns={USER_COLUMNS} label="Users">
        {users.map((user, index) => (
          <UserRow
            key={user.user_id}
            user={user}
            myId={myId}
            isCurrent={index === current}
            onAct={(act) => ask({ act, user })}
          />
        ))}
      </Table>
      <MoreButton query={query}>Show more</MoreButton>
      {asked && <UserDialog {...asked} onClose={() => ask(undefined)} />}
    </>
  );
}
