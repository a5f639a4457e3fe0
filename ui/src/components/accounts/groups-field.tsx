import { useQuery } from "@tanstack/react-query";
import { groupsQuery } from "@/api/users";
import { Choice } from "@/components/ui/choice";
import { Field } from "@/components/ui/field";

interface Props {
  value: readonly string[];
  onChange: (groups: string[]) => void;
}

/** Groups: those that exist, or new ones by their names. */
export function GroupsField({ value, onChange }: Props) {
  const groups = useQuery(groupsQuery).data ?? [];
  return (
    <Field label="Groups" remark="optional" help="Rules give groups their rights.">
      <Choice
        value={value}
        onChange={(chosen) => onChange(chosen as string[])}
        options={groups.map((group) => ({ value: group }))}
        isMultiple
        onCustom={(text) => text.trim()}
      />
    </Field>
  );
}
