import { api, dataOf, type Schemas } from "./client";
import { asJson } from "./json-body";
import { useChange } from "./mutation";

export type RerunBody = Schemas["RerunBody"];
export type RerunPlan = Schemas["RerunPlan"];

const path = (id: string) => ({ params: { path: { job_id: id } } });

/** A change of a job, after which all that is shown of it is read anew. */
function useJobMutation<Variables, Data>(
  id: string,
  change: (variables: Variables) => Promise<Data>,
  showsError = true,
) {
  return useChange(change, [["job", id], ["jobs"], ["approvals"], ["counts"]], showsError);
}

export const useCancelJob = (id: string) =>
  useJobMutation(id, () => dataOf(api.POST("/api/jobs/{job_id}/cancel", path(id))));

export const usePauseJob = (id: string) =>
  useJobMutation(id, () => dataOf(api.POST("/api/jobs/{job_id}/pause", path(id))), false);

export const useResumeJob = (id: string) =>
  useJobMutation(id, () => dataOf(api.POST("/api/jobs/{job_id}/resume", path(id))), false);

export const usePauseStep = (id: string) =>
  useJobMutation(id, (step: string) =>
    dataOf(api.POST("/api/jobs/{job_id}/steps/{step}/pause", { params: { path: { job_id: id, step } } })),
  );

export const useResumeStep = (id: string) =>
  useJobMutation(
    id,
    (step: string) =>
      dataOf(api.POST("/api/jobs/{job_id}/steps/{step}/resume", { params: { path: { job_id: id, step } } })),
    false,
  );

export const useSendSignal = (id: string) =>
  useJobMutation(id, ({ name, payload }: { name: string; payload: unknown }) =>
    dataOf(
      api.POST("/api/jobs/{job_id}/signals/{name}", {
        params: { path: { job_id: id, name } },
        ...asJson({ payload }),
      }),
    ),
  );

export const useDecide = (id: string) =>
  useJobMutation(id, ({ step, ...body }: { step: string } & Schemas["Decision"]) =>
    dataOf(
      api.POST("/api/jobs/{job_id}/steps/{step}/approve", {
        params: { path: { job_id: id, step } },
        ...asJson(body),
      }),
    ),
  );

/** What a re-run would do; nothing starts. */
export function planRerun(id: string, body: RerunBody, signal: AbortSignal): Promise<RerunPlan> {
  return dataOf(api.POST("/api/jobs/{job_id}/rerun/plan", { ...path(id), ...asJson(body), signal }));
}

export const useRerun = (id: string) =>
  useJobMutation(id, (body: RerunBody) =>
    dataOf(api.POST("/api/jobs/{job_id}/rerun", { ...path(id), ...asJson(body) })),
  );
