import { cloneElement, isValidElement, useId } from "react";
import { StateGlyph } from "./state-glyph";

interface Props {
  label: React.ReactNode;
  /** Grey words behind the label: "optional", "secret", a type. */
  remark?: React.ReactNode;
  help?: React.ReactNode;
  /** Takes the place of the help. */
  error?: string;
  /** The control; it gets `id`, `aria-describedby` and `aria-invalid`. */
  children: React.ReactElement<Record<string, unknown>>;
}

/** A labelled control with its help or its error below. */
export function Field({ label, remark, help, error, children }: Props) {
  const id = useId();
  const below = error || help ? `${id}-below` : undefined;
  return (
    <div className="flex flex-col gap-1.5">
      <label htmlFor={id} className="font-medium">
        {label} {remark && <span className="font-normal text-text-3">{remark}</span>}
      </label>
      {isValidElement(children) &&
        cloneElement(children, { id, "aria-describedby": below, "aria-invalid": error ? true : undefined })}
      {error ? (
        <p id={below} role="alert" className="flex items-start gap-1.5 text-12 text-failed">
          <StateGlyph state="failed" size={12} className="mt-0.5" label="" />
          {error}
        </p>
      ) : (
        help && (
          <p id={below} className="text-12 text-text-3">
            {help}
          </p>
        )
      )}
    </div>
  );
}
