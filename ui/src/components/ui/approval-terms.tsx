import { useQuery } from "@tanstack/react-query";
import { type Approval, approvalsQuery } from "@/api/approvals";

type Terms = Approval["terms"];

const EXCLUDED = { starter: "who started the job", author: "the author of its commit" } as const;

/** Who may answer a step, how many must approve, and who has; nothing if whoever may approve jobs may. */
export function ApprovalTerms({ jobId, step }: { jobId: string; step: string }) {
  const terms = useApprovalTerms(jobId, step);
  const words = terms ? wordsOf(terms) : [];
  if (!terms || words.length === 0) return null;
  return (
    <div className="flex flex-col gap-1 text-text-2">
      {words.map((line) => (
        <p key={line}>{line}</p>
      ))}
      {terms.given.length > 0 && (
        <ul className="flex flex-col gap-0.5">
          {terms.given.map((one) => (
            <li key={one.by}>
              ✓ {one.by}
              {one.comment && `: “${one.comment}”`}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

/** The terms of a step that waits for an answer, once they are known. */
export function useApprovalTerms(jobId: string, step: string): Terms | undefined {
  const { data } = useQuery(approvalsQuery);
  return data?.items.find((one) => one.job_id === jobId && one.step_name === step)?.terms;
}

function wordsOf({ approvers, four_eyes, quorum, given }: Terms): string[] {
  const words = [];
  if (approvers) {
    const names = [...approvers.users, ...approvers.groups.map((group) => `the group ${group}`)];
    words.push(`Answered by ${names.join(", ")}.`);
  }
  if (four_eyes.length > 0) words.push(`Not approved by ${four_eyes.map((one) => EXCLUDED[one]).join(", or ")}.`);
  if (quorum > 1) words.push(`Needs ${quorum} approvals, and has ${given.length}.`);
  return words;
}
