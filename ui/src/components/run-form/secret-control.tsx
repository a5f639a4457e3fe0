import { KeyRound, Unlink } from "lucide-react";
import { Input } from "@/components/ui/input";
import { DOTS } from "@/lib/dots";

interface Props {
  value: string;
  /** The job whose value the dots stand for. */
  source?: string;
  onChange: (value: string) => void;
  id?: string;
  "aria-describedby"?: string;
  "aria-invalid"?: boolean;
}

/** A text that is not shown. Dots stand for the value of an earlier job until something is typed. */
export function SecretControl({ value, source, onChange, ...aria }: Props) {
  const isKept = value === DOTS;
  return (
    <span className="relative block">
      <KeyRound size={14} aria-hidden className="absolute top-[9px] left-2 text-text-3" />
      <Input
        type="password"
        autoComplete="new-password"
        className="px-7"
        value={isKept ? "" : value}
        placeholder={isKept ? "••••••••••••" : ""}
        onChange={(event) => onChange(event.target.value)}
        {...aria}
      />
      {isKept && (
        <span className="absolute top-1 right-1 flex items-center gap-0.5 text-12 text-text-3">
          {source && `as in ${source.slice(0, 8)}`}
          <button
            type="button"
            aria-label="Forget the kept value"
            title="Forget the kept value"
            className="grid size-6 place-items-center"
            onClick={() => onChange("")}
          >
            <Unlink size={13} />
          </button>
        </span>
      )}
    </span>
  );
}
