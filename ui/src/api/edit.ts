import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api, dataOf, type Schemas } from "./client";
import type { Base } from "./files";

export type CheckedEdit = Schemas["CheckedEdit"];
export type EditProblem = Schemas["Problem"];

/** The mistakes, the plan and the patch of edited files. Each `version` of the edit is checked once. */
export const checkQuery = (
  workspace: string,
  base: Base,
  version: string,
  files: Readonly<Record<string, string | null>>,
) =>
  queryOptions({
    queryKey: ["check", workspace, base, version],
    queryFn: ({ signal }) =>
      dataOf(
        api.POST("/api/workspaces/{workspace}/check", {
          params: { path: { workspace } },
          body: { files, base: String(base) },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
    retry: false,
  });

/** The JSON Schema of workflow files, or that of `.stroem.yaml`. */
export const schemaQuery = (name: "workflow" | "workspace") =>
  queryOptions({
    queryKey: ["schema", name],
    queryFn: ({ signal }) =>
      dataOf(
        name === "workflow"
          ? api.GET("/api/schemas/workflow.json", { signal })
          : api.GET("/api/schemas/workspace.json", { signal }),
      ),
    staleTime: Number.POSITIVE_INFINITY,
  });
