import { cloneElement, isValidElement, useId } from "react";
import { StateGlyph } from "./state-glyph";

interface Props {
  label: React.ReactNode;
  /** Grey words behind the label: "optional", "secret", a type. */
  remark?: React.ReactNode;
  help?: React.ReactNode;
  /** Takes the place of the help. */
  error?: string;
  /** The control stands before its label: a box to tick. */
  isInline?: boolean;
  /** The control; it gets `id`, `aria-describedby` and `aria-invalid`. */
  children: React.ReactElement<Record<string, unknown>>;
}

/** A labelled control with its help or its error below. */
export function Field({ label, remark, help, error, isInline, children }: Props) {
  const id = useId();
  const below = error || help ? `${id}-below` : undefined;
  const name = (
    <label htmlFor={id} className={isInline ? undefined : "font-medium"}>
      {label} {remark && <span className="font-normal text-text-3">{remark}</span>}
    </label>
  );
  const control =
    isValidElement(children) &&
    cloneElement(children, { id, "aria-describedby": below, "aria-invalid": error ? true : undefined });
  return (
    <div className="flex flex-col gap-1.5">
      {isInline ? (
        <div className="flex items-center gap-2">
          {control}
          {name}
        </div>
      ) : (
        <>
          {name}
          {control}
        </>
      )}
      {error ? (
        <p id={below} role="alert" className="flex items-start gap-1.5 text-12 text-failed">
          <StateGlyph state="failed" size={12} className="mt-0.5" label="" />
          <span className="inline-block first-letter:uppercase">{error}</span>
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
