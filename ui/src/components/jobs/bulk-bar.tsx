import { Button } from "@/components/ui/button";
import { Kbd } from "@/components/ui/kbd";
import { count } from "@/lib/number";

interface Props {
  size: number;
  /** All jobs that pass the filters, in words; without it they are not offered. */
  total: string;
  isAll: boolean;
  onAll: () => void;
  onRerun: () => void;
  onCancel: () => void;
  onClear: () => void;
}

/** What can be done with the selected jobs; stands in the place of the foot. */
export function BulkBar({ size, total, isAll, onAll, onRerun, onCancel, onClear }: Props) {
  return (
    <section
      aria-label="Selected jobs"
      className="flex h-9 flex-none items-center gap-2 overflow-x-auto border-accent-line border-t bg-accent-tint px-4 text-12"
    >
      <span className="whitespace-nowrap font-medium text-text tabular-nums">
        {isAll ? `All ${total} that match` : `${count(size)} selected`}
      </span>
      <Button size="sm" onClick={onRerun}>
        Run again… <Kbd>R</Kbd>
      </Button>
      <Button size="sm" variant="danger" onClick={onCancel}>
        Cancel… <Kbd>C</Kbd>
      </Button>
      {!isAll && (
        <Button size="sm" variant="quiet" onClick={onAll}>
          Select all {total} that match the filter
        </Button>
      )}
      <Button size="sm" variant="quiet" className="ml-auto" onClick={onClear}>
        Clear the selection <Kbd>Esc</Kbd>
      </Button>
    </section>
  );
}
