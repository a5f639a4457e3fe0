import { useQuery } from "@tanstack/react-query";
import { type DeliveryDetail, deliveryQuery, type TriggerName } from "@/api/trigger";
import { CopyButton } from "@/components/ui/copy-button";
import { ErrorState } from "@/components/ui/error-state";
import { Fact, Facts } from "@/components/ui/facts";
import { Section } from "@/components/ui/section";
import { SkeletonRows } from "@/components/ui/skeleton";
import { ClockTime } from "@/components/ui/time";
import { ValueTree } from "@/components/ui/value-tree";
import { visibleText } from "@/lib/json";
import { size } from "@/lib/number";

/** A request to a webhook: what was sent, without secrets, and what was answered. */
export function DeliveryContent({ name, number }: { name: TriggerName; number: number }) {
  const query = useQuery(deliveryQuery(name, number));
  if (query.isPending) return <SkeletonRows rows={6} height={28} />;
  if (query.error) return <ErrorState error={query.error} what="The request" onRetry={query.refetch} />;
  const delivery = query.data;
  return (
    <div className="sm:pl-8">
      {delivery.reason && (
        <p className="max-w-[900px] px-4 pt-2 [overflow-wrap:anywhere]">{visibleText(delivery.reason)}</p>
      )}
      <Facts className="flex-wrap border-b-0">
        <Fact label="Answer">{answerWords(delivery)}</Fact>
        <Fact label="Received">
          <ClockTime at={delivery.at} />
        </Fact>
        <Fact label="Method">{delivery.method}</Fact>
        <Fact label="From">{delivery.remote}</Fact>
        <Fact label="Size">{size(delivery.size_bytes)}</Fact>
        {delivery.key && (
          <Fact label="Id">
            <span className="font-mono text-12">{visibleText(delivery.key)}</span>
            <CopyButton text={delivery.key} label="Copy the id" />
          </Fact>
        )}
        <Fact label="Number">{delivery.id}</Fact>
      </Facts>
      <Content delivery={delivery} />
    </div>
  );
}

function Content({ delivery: { id, request, not_shown, size_bytes, answer } }: { delivery: DeliveryDetail }) {
  return (
    <>
      {request ? (
        <>
          {request.body_kind === "text" ? (
            <TextBody text={String(request.body)} />
          ) : request.body_kind === "binary" ? (
            <Section title="Body" remark={`${size(size_bytes)} that are no text`}>
              {null}
            </Section>
          ) : (
            <ValueTree title="Body" file={`request-${id}-body.json`} value={request.body} />
          )}
          <ValueTree title="Headers" file={`request-${id}-headers.json`} value={request.headers} />
          <ValueTree title="Query" file={`request-${id}-query.json`} value={request.query} />
        </>
      ) : (
        <p className="px-4 pb-3 text-text-2">Its content is not kept. {not_shown}.</p>
      )}
      {answer?.body && <ValueTree title="Answer" file={`request-${id}-answer.json`} value={answer.body} />}
    </>
  );
}

function TextBody({ text }: { text: string }) {
  return (
    <Section title="Body" actions={<CopyButton text={text} label="Copy: Body" />}>
      <pre
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls can be reached by keys
        tabIndex={0}
        className="max-h-80 overflow-auto whitespace-pre-wrap px-4 pb-3 text-12 [overflow-wrap:anywhere]"
      >
        {visibleText(text)}
      </pre>
    </Section>
  );
}

function answerWords({ answer, waits_for_job, redelivery_of, job_id }: DeliveryDetail): string {
  if (answer) return String(answer.status);
  if (redelivery_of) return "none: it was delivered again";
  return waits_for_job && job_id ? "that of the job" : "not recorded";
}
