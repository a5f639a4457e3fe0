import { useEffect, useState } from "react";

/** Grey bars in the rows' own height, shown after 150 ms so that what is quick does not flash. */
export function SkeletonRows({ rows = 8, height = 24 }: { rows?: number; height?: number }) {
  const [isShown, setShown] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setShown(true), 150);
    return () => clearTimeout(timer);
  }, []);
  return (
    <div role="status" aria-label="Loading" className={isShown ? "" : "invisible"}>
      {Array.from({ length: rows }, (_, index) => (
        <div key={index} className="flex items-center px-4" style={{ height }}>
          <span className="h-2.5 rounded-1 bg-line" style={{ width: `${35 + ((index * 29) % 45)}%` }} />
        </div>
      ))}
    </div>
  );
}
