import { ChevronDown, ChevronRight, Download } from "lucide-react";
import { useMemo, useState } from "react";
import { cn } from "@/lib/cn";
import { formatJson, isObject, plainText, visibleText } from "@/lib/json";
import { count, size } from "@/lib/number";
import { saveFile } from "@/lib/save";
import { Button } from "./button";
import { CopyButton } from "./copy-button";
import { Section } from "./section";
import { nextLimit, type ValueLine, valueLines } from "./value-lines";

interface Props {
  title: string;
  /** The name of the file that is downloaded. */
  file: string;
  value: unknown;
}

const OPEN_TO = 2;

/** A value as a tree that opens and closes, to copy and to download. Long numbers keep all their digits. */
export function ValueTree({ title, file, value }: Props) {
  const [turned, setTurned] = useState<ReadonlySet<string>>(new Set());
  const [limits, setLimits] = useState<ReadonlyMap<string, number>>(new Map());
  const lines = useMemo(
    () => valueLines(value, (path, depth) => depth < OPEN_TO !== turned.has(path), limits),
    [value, turned, limits],
  );
  const isEmpty = value == null || (isObject(value) && Object.keys(value).length === 0);
  const toggle = (path: string) => {
    const next = new Set(turned);
    if (!next.delete(path)) next.add(path);
    setTurned(next);
  };
  const save = () => saveFile(new Blob([formatJson(value)], { type: "application/json" }), file);
  return (
    <Section
      title={title}
      remark={isEmpty ? "none" : undefined}
      actions={
        !isEmpty && (
          <>
            <CopyButton text={() => formatJson(value)} label={`Copy: ${title}`} />
            <Button variant="quiet" size="icon-sm" aria-label={`Download: ${title}`} title="Download" onClick={save}>
              <Download size={13} />
            </Button>
          </>
        )
      }
    >
      {!isEmpty && (
        <ul className="overflow-x-auto px-4 pb-3 font-mono text-12 leading-5">
          {lines.map((line) => (
            <Line
              key={line.more ? `${line.path} more` : line.path}
              line={line}
              onToggle={() => toggle(line.path)}
              onMore={() => setLimits(new Map(limits).set(line.path, nextLimit(limits.get(line.path))))}
            />
          ))}
        </ul>
      )}
    </Section>
  );
}

function Line({ line, onToggle, onMore }: { line: ValueLine; onToggle: () => void; onMore: () => void }) {
  const indent = { paddingLeft: line.depth * 16 };
  if (line.more) {
    return (
      <li style={indent}>
        <button type="button" className="text-accent hover:underline" onClick={onMore}>
          {count(line.more)} more
        </button>
      </li>
    );
  }
  const canOpen = line.size !== null && line.size > 0;
  const Icon = line.isOpen ? ChevronDown : ChevronRight;
  return (
    <li className="flex items-start gap-1" style={indent}>
      {canOpen ? (
        <button
          type="button"
          aria-expanded={line.isOpen}
          aria-label={line.key ?? "value"}
          className="-m-1 mt-0 flex-none p-1 text-text-3 hover:text-text"
          onClick={onToggle}
        >
          <Icon size={12} />
        </button>
      ) : (
        <span className="w-3 flex-none" />
      )}
      {line.key !== null && <span className="flex-none text-text-2">{visibleText(line.key)}:</span>}
      <Scalar value={line.value} size={line.size} />
    </li>
  );
}

function Scalar({ value, size: entries }: { value: unknown; size: number | null }) {
  const large = isObject(value) && isObject(value["$large_output"]) ? value["$large_output"] : null;
  const url = String(large?.["url"]);
  if (large && url.startsWith("/api/")) {
    return (
      <a href={url} className="text-accent hover:underline">
        Too large to show: open it ({size(Number(large["size"]))})
      </a>
    );
  }
  if (entries !== null) {
    const words = Array.isArray(value) ? `[${count(entries)}]` : `{${count(entries)}}`;
    return <span className="text-text-3">{words}</span>;
  }
  const tone =
    typeof value === "string"
      ? "text-completed"
      : value === null || value === undefined
        ? "text-text-3"
        : "text-running";
  return (
    <span className={cn("min-w-0 whitespace-pre-wrap [overflow-wrap:anywhere]", tone)}>
      {visibleText(plainText(value))}
    </span>
  );
}
