import { useQuery } from "@tanstack/react-query";
import { workspaceNamesQuery } from "@/api/workspaces";
import { ChoiceChip } from "./choice-chip";

interface Props {
  value: string | undefined;
  onChange: (workspace: string | undefined) => void;
}

/** The filter by workspace. */
export function WorkspaceChip({ value, onChange }: Props) {
  const names = useQuery(workspaceNamesQuery).data ?? [];
  return (
    <ChoiceChip
      label="Workspace"
      value={value}
      options={names.map((name) => [name, name] as const)}
      onChange={onChange}
    />
  );
}
