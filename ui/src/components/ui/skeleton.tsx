import { useEffect, useState } from "react";

interface Props {
  rows?: number;
  height?: number;
  /** The rows will stand below the head of a table. */
  hasHead?: boolean;
}

/** Grey bars in the rows' own height, shown after 150 ms so that what is quick does not flash. */
export function SkeletonRows({ rows = 8, height = 24, hasHead }: Props) {
  const [isShown, setShown] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setShown(true), 150);
    return () => clearTimeout(timer);
  }, []);
  return (
    <div role="status" aria-label="Loading" className={isShown ? "" : "invisible"}>
      {hasHead && <div className="h-6 border-line border-b max-sm:hidden" />}
      {Array.from({ length: rows }, (_, index) => (
        <div key={index} className="flex items-center px-4" style={{ height }}>
          <span className="h-2.5 rounded-1 bg-line" style={{ width: `${35 + ((index * 29) % 45)}%` }} />
        </div>
      ))}
    </div>
  );
}
