import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { messageOf } from "@/api/error";
import { fieldOptionsQuery } from "@/api/task";
import { Choice } from "@/components/ui/choice";
import { fieldsOf, typedValue } from "@/lib/fields";
import type { ControlProps } from "./control";
import { withoutSecrets } from "./model";

/** A choice whose options a job finds, given the other values; it is asked when the list opens. */
export function FoundChoice(props: ControlProps) {
  const { workspace, task, name, field, input, onChange } = props;
  const aria = { id: props.id, "aria-describedby": props["aria-describedby"], "aria-invalid": props["aria-invalid"] };
  const [isAsked, setAsked] = useState(false);
  const { [name]: _own, ...rest } = input;
  const others = withoutSecrets(fieldsOf(task.input), rest);
  const found = useQuery({ ...fieldOptionsQuery(workspace, task.id, name, others), enabled: isAsked });
  const notice = found.error ? (
    <span className="text-failed">{messageOf(found.error)}</span>
  ) : found.isPending ? (
    `A job of ${field.options_from?.task} looks for the options`
  ) : (
    found.data.warnings[0]
  );
  return (
    <Choice
      value={input[name]}
      onChange={onChange}
      options={found.data?.options ?? []}
      isMultiple={!!field.multiple}
      isClearable={!field.required}
      onCustom={field.allow_custom ? (typed) => typedValue(field.type, typed) : undefined}
      onOpen={() => setAsked(true)}
      notice={notice}
      {...aria}
    />
  );
}
