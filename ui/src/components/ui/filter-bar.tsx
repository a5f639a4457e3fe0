import { Button } from "./button";

interface Props {
  isFiltered: boolean;
  onClear: () => void;
  children: React.ReactNode;
  /** What stands at the right. */
  right?: React.ReactNode;
}

/** The bar of filters over a list; each is a key of the URL. */
export function FilterBar({ isFiltered, onClear, children, right }: Props) {
  return (
    <search className="flex h-9 flex-none items-center gap-1.5 overflow-x-auto border-line border-b px-4 [scrollbar-width:none] pointer-coarse:h-11">
      {children}
      {isFiltered && (
        <Button variant="quiet" size="sm" onClick={onClear}>
          Clear
        </Button>
      )}
      {right && <span className="ml-auto flex flex-none items-center gap-2">{right}</span>}
    </search>
  );
}
