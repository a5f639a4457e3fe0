import { Link } from "@tanstack/react-router";
import { ArrowRight } from "lucide-react";
import type { FileItem } from "@/api/files";
import { counted } from "@/lib/number";

interface Props {
  workspace: string;
  file: FileItem;
  /** Whether tasks and triggers of these names have pages: not those of a revision that became no release. */
  isNow: boolean;
  onLine: (line: number) => void;
}

/** What a workflow file defines, by kind: a name goes to its line, the arrow to its page. Nothing for other files. */
export function Outline({ workspace, file, isNow, onLine }: Props) {
  const kinds = [...new Set(file.definitions.map(({ kind }) => kind))];
  if (kinds.length === 0) return null;
  return (
    <aside
      aria-label="Definitions"
      className="flex-none overflow-auto border-line py-2 text-12 max-lg:max-h-20 max-lg:border-b lg:order-last lg:w-[232px] lg:border-l"
    >
      {kinds.map((kind) => (
        <section key={kind} className="pb-2 max-lg:inline-block max-lg:align-top">
          <h3 className="px-4 text-11 text-text-3">{headOf(kind)}</h3>
          <ul>
            {file.definitions
              .filter((one) => one.kind === kind)
              .map(({ name, line }) => (
                <li key={name} className="flex h-6 items-center pr-2 pl-4 hover:bg-hover pointer-coarse:h-9">
                  <button
                    type="button"
                    className="min-w-0 flex-1 truncate text-left"
                    title={line ? `${name}, line ${line}` : name}
                    disabled={!line}
                    onClick={() => line && onLine(line)}
                  >
                    {name}
                  </button>
                  {isNow && <PageLink workspace={workspace} kind={kind} name={name} />}
                </li>
              ))}
          </ul>
        </section>
      ))}
      {file.definitions_left_out > 0 && (
        <p className="px-4 text-text-3">{counted(file.definitions_left_out, "further definition")}</p>
      )}
    </aside>
  );
}

function PageLink({ workspace, kind, name }: { workspace: string; kind: string; name: string }) {
  const className = "grid size-6 flex-none place-items-center text-text-3 hover:text-accent";
  const label = `Page of the ${kind} ${name}`;
  if (kind === "task")
    return (
      <Link
        to="/tasks/$workspace/$"
        params={{ workspace, _splat: name }}
        className={className}
        aria-label={label}
        title={label}
      >
        <ArrowRight size={13} />
      </Link>
    );
  if (kind === "trigger")
    return (
      <Link
        to="/triggers/$workspace/$trigger"
        params={{ workspace, trigger: name }}
        className={className}
        aria-label={label}
        title={label}
      >
        <ArrowRight size={13} />
      </Link>
    );
  return null;
}

function headOf(kind: string): string {
  const words = kind === "mcp_server" ? "MCP servers" : `${kind.replace("_", " ")}s`;
  return words.charAt(0).toUpperCase() + words.slice(1);
}
