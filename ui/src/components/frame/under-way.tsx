import { useEffect, useState } from "react";
import { useIsUnderWay } from "@/api/under-way";

const QUICK_MS = 300;

/** Tells that what was asked for is under way, once it takes longer than a moment. */
export function UnderWay() {
  const isUnderWay = useIsUnderWay();
  const [isLong, setLong] = useState(false);
  useEffect(() => {
    if (!isUnderWay) return;
    const timer = setTimeout(() => setLong(true), QUICK_MS);
    return () => {
      clearTimeout(timer);
      setLong(false);
    };
  }, [isUnderWay]);
  return (
    <p
      role="status"
      className="pointer-events-none fixed bottom-2 left-1/2 z-50 -translate-x-1/2 rounded-3 bg-ink px-3 py-1 text-12 text-on-ink empty:hidden max-sm:bottom-16"
    >
      {isLong && "Under way…"}
    </p>
  );
}
