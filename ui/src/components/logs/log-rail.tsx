import { memo } from "react";
import { cn } from "@/lib/cn";

interface Props {
  total: number;
  hits: readonly number[];
  errors: readonly number[];
  current: number | undefined;
  onGo: (line: number) => void;
}

const CELLS = 300;

/** Where in the whole log the hits and errors are; a press goes there. */
export const LogRail = memo(function LogRail({ total, hits, errors, current, onGo }: Props) {
  const go = (event: React.MouseEvent<HTMLDivElement>) => {
    const { top, height } = event.currentTarget.getBoundingClientRect();
    const line = ((event.clientY - top) / height) * total;
    const near = [...nearest(hits, line), ...nearest(errors, line)];
    const best = near.sort((a, b) => Math.abs(a - line) - Math.abs(b - line))[0];
    onGo(best !== undefined && Math.abs(best - line) < total / 60 ? best : Math.floor(line));
  };
  return (
    <div aria-hidden className="relative w-2.5 flex-none border-line border-l bg-canvas" onClick={go}>
      {cells(errors, total).map((cell) => (
        <Mark key={`e${cell}`} cell={cell} className="bg-failed-fill" />
      ))}
      {cells(hits, total).map((cell) => (
        <Mark key={`h${cell}`} cell={cell} className="bg-hit-now" />
      ))}
      {current !== undefined && total > 0 && (
        <Mark cell={Math.floor((current / total) * CELLS)} className="inset-x-0 h-1 bg-hit-now" />
      )}
    </div>
  );
});

function Mark({ cell, className }: { cell: number; className: string }) {
  const top = `calc((100% - 2px) * ${cell / CELLS})`;
  return <i className={cn("absolute inset-x-0.5 h-0.5 rounded-[1px]", className)} style={{ top }} />;
}

function cells(lines: readonly number[], total: number): number[] {
  return total > 0 ? [...new Set(lines.map((line) => Math.floor((line / total) * CELLS)))] : [];
}

function nearest(lines: readonly number[], line: number): number[] {
  const after = lines.findIndex((one) => one >= line);
  const places = after < 0 ? [lines.length - 1] : [after - 1, after];
  return places.flatMap((place) => lines[place] ?? []);
}
