import type { Extension } from "@codemirror/state";

/** Loads what knows the language of a file by its name; null for one without. */
export async function languageOfPath(path: string): Promise<Extension | null> {
  const name = path.split("/").at(-1)?.toLowerCase() ?? "";
  const end = /^(dockerfile|makefile)/.exec(name)?.[1] ?? name.split(".").at(-1) ?? "";
  switch (end) {
    case "yaml":
    case "yml":
      return (await import("@codemirror/lang-yaml")).yaml();
    case "json":
      return (await import("@codemirror/lang-json")).json();
    case "py":
      return (await import("@codemirror/lang-python")).python();
    case "md":
      return (await import("@codemirror/lang-markdown")).markdown();
    default:
      return legacy(end);
  }
}

async function legacy(end: string): Promise<Extension | null> {
  const { StreamLanguage } = await import("@codemirror/language");
  switch (end) {
    case "sh":
    case "bash":
    case "env":
      return StreamLanguage.define((await import("@codemirror/legacy-modes/mode/shell")).shell);
    case "js":
    case "mjs":
      return StreamLanguage.define((await import("@codemirror/legacy-modes/mode/javascript")).javascript);
    case "ts":
      return StreamLanguage.define((await import("@codemirror/legacy-modes/mode/javascript")).typescript);
    case "go":
      return StreamLanguage.define((await import("@codemirror/legacy-modes/mode/go")).go);
    case "sql":
      return StreamLanguage.define((await import("@codemirror/legacy-modes/mode/sql")).pgSQL);
    case "toml":
      return StreamLanguage.define((await import("@codemirror/legacy-modes/mode/toml")).toml);
    case "dockerfile":
      return StreamLanguage.define((await import("@codemirror/legacy-modes/mode/dockerfile")).dockerFile);
    default:
      return null;
  }
}
