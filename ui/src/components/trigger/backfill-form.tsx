import { useState } from "react";
import { type TriggerName, useBackfill } from "@/api/trigger";
import { Button } from "@/components/ui/button";
import { ErrorLine } from "@/components/ui/error-line";
import { Field } from "@/components/ui/field";
import { Input } from "@/components/ui/input";
import { ClockTime } from "@/components/ui/time";
import { showToast } from "@/components/ui/toast";
import { count, counted } from "@/lib/number";

/** Fires the times of a span in the past, after they have been looked at. */
export function BackfillForm({ name, timezone }: { name: TriggerName; timezone: string }) {
  const [span, setSpan] = useState({ start: "", end: "" });
  const [mostLive, setMostLive] = useState("1");
  const [reason, setReason] = useState("");
  const look = useBackfill(name);
  const start = useBackfill(name);
  const body = { start: span.start, end: span.end || null, max_active: Number(mostLive) || 1, reason: reason || null };
  const change = (key: "start" | "end") => (event: React.ChangeEvent<HTMLInputElement>) => {
    look.reset();
    setSpan({ ...span, [key]: event.target.value });
  };
  const begin = () =>
    start.mutate(
      { ...body, dry_run: false },
      {
        onSuccess: (answer) => {
          look.reset();
          showToast({ text: `The backfill of ${counted(answer.count, "time")} has begun.` });
        },
      },
    );
  const seen = look.data;
  const error = look.error ?? start.error;
  return (
    <form
      className="flex flex-col gap-3 px-4 pb-4"
      onSubmit={(event) => {
        event.preventDefault();
        look.mutate({ ...body, dry_run: true });
      }}
    >
      <div className="grid max-w-[920px] grid-cols-[1fr_1fr_88px_1.4fr] gap-3 max-sm:grid-cols-1">
        <Field label="From" remark={timezone}>
          <Input type="datetime-local" required value={span.start} onChange={change("start")} />
        </Field>
        <Field label="To" remark="now, if empty">
          <Input type="datetime-local" value={span.end} onChange={change("end")} />
        </Field>
        <Field label="At once">
          <Input type="number" min={1} value={mostLive} onChange={(event) => setMostLive(event.target.value)} />
        </Field>
        <Field label="Reason" remark="optional">
          <Input value={reason} onChange={(event) => setReason(event.target.value)} />
        </Field>
      </div>
      <ErrorLine error={error} />
      {seen && (
        <div className="max-w-[920px] rounded-2 border border-line bg-sunken px-3 py-2">
          <p className="font-medium">{counted(seen.count, "time")} would fire, in order:</p>
          <ul
            // biome-ignore lint/a11y/noNoninteractiveTabindex: a list that scrolls must be reached by keys
            tabIndex={0}
            aria-label="Times"
            className="mt-1 grid max-h-40 grid-cols-[repeat(auto-fill,minmax(110px,1fr))] gap-x-4 overflow-auto text-12 text-text-2 tabular-nums"
          >
            {seen.instants.map((at) => (
              <li key={at}>
                <ClockTime at={at} />
              </li>
            ))}
          </ul>
          {seen.count > seen.instants.length && (
            <p className="mt-1 text-12 text-text-3">and {count(seen.count - seen.instants.length)} more</p>
          )}
        </div>
      )}
      <div className="flex gap-2">
        <Button type="submit" disabled={look.isPending}>
          Show the times
        </Button>
        {seen && (
          <Button variant="primary" disabled={start.isPending} onClick={begin}>
            Fire {counted(seen.count, "time")}
          </Button>
        )}
      </div>
    </form>
  );
}
