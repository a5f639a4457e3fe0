import type { SessionItem } from "@/api/account";
import { Button } from "@/components/ui/button";
import { Tag } from "@/components/ui/state-word";
import { Cell, Row, Table } from "@/components/ui/table";
import { ClockTime, RelativeTime } from "@/components/ui/time";
import { agentWords } from "./agent-words";

const COLUMNS = [
  { label: "Where", className: "" },
  { label: "Address", className: "w-[160px] max-sm:hidden" },
  { label: "Signed in", className: "w-[120px] max-sm:hidden" },
  { label: "Last used", className: "w-[104px]" },
];
const VERBS = { label: "Verbs", className: "w-[84px]", isQuiet: true };

interface Props {
  sessions: readonly SessionItem[];
  /** Ends one; without it they are only shown. */
  onEnd?: (session: SessionItem) => void;
}

/** Sessions: where, since when, and which is that of this browser. */
export function SessionTable({ sessions, onEnd }: Props) {
  return (
    <Table columns={onEnd ? [...COLUMNS, VERBS] : COLUMNS} label="Sessions">
      {sessions.map((session) => (
        <Row key={session.session_id} data-session={session.session_id} className="[&>td]:h-8 max-sm:[&>td]:py-1.5">
          <Cell title={session.user_agent ?? undefined}>
            <span className="mr-2">{agentWords(session.user_agent)}</span>
            {session.is_current && (
              <span className="max-sm:hidden">
                <Tag state="completed">this browser</Tag>
              </span>
            )}
            <span className="block truncate text-12 text-text-3 sm:hidden">
              {session.is_current && "this browser · "}
              {session.address}
            </span>
          </Cell>
          <Cell className="font-mono text-12 text-text-2 max-sm:hidden">{session.address}</Cell>
          <Cell className="text-text-2 max-sm:hidden">
            <ClockTime at={session.created_at} />
          </Cell>
          <Cell className="text-text-2">
            <RelativeTime at={session.last_used_at} />
          </Cell>
          {onEnd && (
            <Cell>
              {!session.is_current && (
                <Button
                  variant="quiet"
                  size="sm"
                  aria-label={`End the session of ${agentWords(session.user_agent)}`}
                  onClick={() => onEnd(session)}
                >
                  End
                </Button>
              )}
            </Cell>
          )}
        </Row>
      ))}
    </Table>
  );
}
