export type TokenKind = "key" | "string" | "comment" | "template" | "plain";
export interface Token {
  text: string;
  kind: TokenKind;
}
type Language = "yaml" | "json" | "hash" | "slash" | "dash" | "plain";

const LANGUAGES: Record<string, Language> = {
  yaml: "yaml",
  yml: "yaml",
  json: "json",
  ...Object.fromEntries(["sh", "bash", "py", "rb", "toml", "cfg", "conf", "tf", "r"].map((end) => [end, "hash"])),
  ...Object.fromEntries(["js", "ts", "go", "rs", "java", "c", "h", "kt"].map((end) => [end, "slash"])),
  sql: "dash",
};
const WORDS =
  "and as async await begin break by case class const continue def do done elif else end esac except export fi finally for from func function if import in insert into join let local new not null or pass raise return select set switch then throw try update use values var where while with yield";
const KEYWORDS = new RegExp(`^(?:${WORDS.replaceAll(" ", "|")})\\b`, "i");
const COMMENT: Record<Language, RegExp | null> = {
  yaml: /^#.*/,
  json: null,
  hash: /^#.*/,
  slash: /^(?:\/\/.*|\/\*.*?\*\/)/,
  dash: /^(?:--.*|\/\*.*?\*\/)/,
  plain: null,
};
const STRING = /^(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`(?:[^`\\]|\\.)*`)/;
const TEMPLATE = /^(?:\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\})/;
const YAML_KEY = /^(?:[\w$./-][\w$./ -]*?|"[^"]*"|'[^']*')(?=:(?:\s|$))/;
const YAML_SCALAR = /^[^\s,[\]{}#:&*!|>%@`"'-][^,[\]{}#]*?(?=\s*(?:[,\]}]|\s#|$))/;
const BLOCK = /(?:^|[\s:-])[|>][+-]?\d?[+-]?\s*(?:#.*)?$/;

/** The language of a file by its name. */
export function languageOf(path: string): Language {
  const name = path.split("/").at(-1) ?? "";
  if (/^(?:Dockerfile|Makefile|\.env)/.test(name)) return "hash";
  return LANGUAGES[name.split(".").at(-1)?.toLowerCase() ?? ""] ?? "plain";
}

/** Parts of each line that look the same. Text blocks of YAML are left plain but for templates. */
export function tokenize(lines: readonly string[], language: Language): Token[][] {
  let block = -1;
  return lines.map((line) => {
    if (language !== "yaml") return tokenizeLine(line, language);
    const indent = line.length - line.trimStart().length;
    if (block >= 0 && (line.trim() === "" || indent > block)) return tokenizeLine(line, "plain");
    block = BLOCK.test(line) && !line.trimStart().startsWith("#") ? indent : -1;
    return tokenizeLine(line, language);
  });
}

function tokenizeLine(line: string, language: Language): Token[] {
  const tokens: Token[] = [];
  let rest = line;
  let before = "";
  const take = (match: RegExpExecArray | null | undefined, kind: TokenKind): boolean => {
    if (!match?.[0]) return false;
    tokens.push({ text: match[0], kind });
    before = match[0];
    rest = rest.slice(match[0].length);
    return true;
  };
  while (rest) {
    if (take(TEMPLATE.exec(rest), "template")) continue;
    if (language === "plain") {
      take(/^(?:[^{]+|\{)/.exec(rest), "plain");
      continue;
    }
    const isStart = before === "" || /[\s([{,:]$/.test(before);
    if (isStart && take(COMMENT[language]?.exec(rest), "comment")) continue;
    if (language === "yaml" && isStart && take(YAML_KEY.exec(rest), "key")) continue;
    if (language === "json" && take(/^"(?:[^"\\]|\\.)*"(?=\s*:)/.exec(rest), "key")) continue;
    if ((language !== "yaml" || isStart) && take(STRING.exec(rest), "string")) continue;
    if (language === "yaml" && isStart && take(YAML_SCALAR.exec(rest), "string")) continue;
    if (language !== "yaml" && language !== "json" && isStart && take(KEYWORDS.exec(rest), "key")) continue;
    take(/^(?:\w+|\s+|.)/su.exec(rest), "plain");
  }
  return tokens;
}
