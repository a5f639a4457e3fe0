import { Link } from "@tanstack/react-router";
import { ExternalLink, FileCode } from "lucide-react";
import type { Schemas } from "@/api/client";
import { cn } from "@/lib/cn";
import { languageOf, tokenize } from "@/lib/code";
import { problemWords } from "@/lib/problem";
import { CodeBox, CodeLine, CodeScroll, LineNumber } from "./code-line";
import { Tag } from "./state-word";

interface Props {
  problem: Schemas["Problem"];
  excerpt?: Schemas["Excerpt"];
  /** The workspace whose newest revision has the mistake: the path leads to the line. */
  workspace?: string;
  /** What can be done with it, at the right of its head. */
  action?: React.ReactNode;
}

/** A mistake: where it is, the lines around it, its place underlined, and what is wrong below it. */
export function Excerpt({ problem, excerpt, workspace, action }: Props) {
  const isWarning = problem.severity === "warning";
  const tone = isWarning ? "text-waiting" : "text-failed";
  const place = (
    <>
      {problem.file}
      <span className={tone}>
        :{problem.line}:{problem.column}
      </span>
    </>
  );
  return (
    <CodeBox
      head={
        <>
          <FileCode size={15} strokeWidth={1.75} className="flex-none text-text-2" aria-hidden />
          <code className="min-w-0 truncate text-12">
            {workspace ? (
              <Link
                to="/workspaces/$workspace"
                params={{ workspace }}
                search={{ tab: "files", newest: true, file: problem.file, line: problem.line }}
                className="hover:underline"
              >
                {place}
              </Link>
            ) : (
              place
            )}
          </code>
          <Tag state={isWarning ? "waiting" : undefined}>{problem.code}</Tag>
          <span className="ml-auto flex flex-none items-center gap-3 text-12">
            {excerpt?.url && (
              <a
                href={excerpt.url}
                target="_blank"
                rel="noreferrer"
                className="flex items-center gap-1 text-accent hover:underline"
              >
                Open at the git host <ExternalLink size={13} aria-hidden />
              </a>
            )}
            {action}
          </span>
        </>
      }
    >
      {excerpt ? <Lines problem={problem} excerpt={excerpt} tone={tone} /> : <Said problem={problem} tone={tone} />}
    </CodeBox>
  );
}

function Lines({ problem, excerpt, tone }: { problem: Schemas["Problem"]; excerpt: Schemas["Excerpt"]; tone: string }) {
  const tokens = tokenize(excerpt.lines, languageOf(problem.file));
  const isWarning = problem.severity === "warning";
  return (
    <CodeScroll label={`Lines of ${problem.file}`}>
      {excerpt.lines.map((line, index) => {
        const number = excerpt.first_line + index;
        if (number !== excerpt.line)
          return (
            <div key={number} className="flex whitespace-pre pr-3">
              <LineNumber number={number} />
              <span>
                <CodeLine tokens={tokens[index] ?? []} />
              </span>
            </div>
          );
        const start = excerpt.column - 1;
        const end = Math.max((excerpt.end_column ?? excerpt.column + 1) - 1, start + 1);
        return (
          <div key={number}>
            <div className={cn("flex whitespace-pre pr-3", isWarning ? "bg-waiting-tint" : "bg-failed-tint")}>
              <LineNumber number={number} className={cn("font-semibold", tone)} />
              <span>
                <CodeLine tokens={tokenize([line.slice(0, start)], languageOf(problem.file))[0] ?? []} />
                <span
                  className={cn(
                    "underline decoration-[1.25px] decoration-wavy underline-offset-4 [text-decoration-skip-ink:none]",
                    isWarning ? "decoration-waiting-fill" : "decoration-failed-fill",
                  )}
                >
                  {line.slice(start, end) || " "}
                </span>
                {line.slice(end)}
              </span>
            </div>
            <div className={cn("flex pr-3", tone)}>
              <span className="w-11 flex-none max-sm:w-3" />
              <span className="whitespace-pre max-sm:hidden">{" ".repeat(start)}└ </span>
              <span className="max-w-[min(88ch,calc(100vw-72px))] whitespace-pre-wrap [overflow-wrap:anywhere]">
                {problemWords(problem)}
              </span>
            </div>
          </div>
        );
      })}
    </CodeScroll>
  );
}

function Said({ problem, tone }: { problem: Schemas["Problem"]; tone: string }) {
  return <p className={cn("px-3 py-2 font-mono text-12 leading-5", tone)}>{problemWords(problem)}</p>;
}
