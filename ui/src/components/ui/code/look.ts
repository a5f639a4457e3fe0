import { HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import type { Extension } from "@codemirror/state";
import { Decoration, EditorView, MatchDecorator, ViewPlugin, type ViewUpdate } from "@codemirror/view";
import { tags } from "@lezer/highlight";

const COLOURS = HighlightStyle.define([
  { tag: [tags.propertyName, tags.keyword, tags.heading, tags.typeName], color: "var(--ansi-blue)" },
  { tag: [tags.string, tags.content, tags.regexp, tags.monospace], color: "var(--ansi-green)" },
  { tag: [tags.number, tags.bool, tags.null, tags.atom], color: "var(--ansi-yellow)" },
  { tag: [tags.comment, tags.meta], color: "var(--text-3)" },
  { tag: [tags.variableName, tags.punctuation, tags.operator], color: "var(--text)" },
  { tag: [tags.link, tags.url, tags.labelName, tags.special(tags.variableName)], color: "var(--ansi-cyan)" },
  { tag: tags.strong, fontWeight: "600" },
  { tag: tags.emphasis, fontStyle: "italic" },
]);

const FRAME = EditorView.theme({
  "&": { height: "100%", color: "var(--text)", backgroundColor: "var(--surface)", fontSize: "12px" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": {
    fontFamily: "var(--font-mono)",
    lineHeight: "20px",
    overflow: "auto",
    fontVariantLigatures: "none",
  },
  ".cm-content": { caretColor: "var(--text)", padding: "8px 0" },
  ".cm-content:focus-visible": { boxShadow: "none" },
  ".cm-line": { padding: "0 12px 0 4px" },
  ".cm-cursor, .cm-dropCursor": { borderLeftColor: "var(--text)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
    backgroundColor: "var(--accent-line)",
  },
  ".cm-activeLine": { backgroundColor: "color-mix(in oklab, var(--hover) 60%, transparent)" },
  ".cm-gutters": { backgroundColor: "var(--surface)", color: "var(--text-3)", border: "none" },
  ".cm-activeLineGutter": { backgroundColor: "transparent", color: "var(--text)" },
  ".cm-lineNumbers .cm-gutterElement": { padding: "0 8px 0 16px", minWidth: "40px" },
  ".cm-foldGutter .cm-gutterElement": { width: "12px", color: "var(--text-3)", lineHeight: "16px" },
  ".cm-template, .cm-template span": { color: "var(--ansi-magenta)" },
  ".cm-linked": { backgroundColor: "var(--accent-tint)" },
  ".cm-matchingBracket, &.cm-focused .cm-matchingBracket": { backgroundColor: "var(--hover)", outline: "none" },
  ".cm-searchMatch": { backgroundColor: "var(--hit)" },
  ".cm-searchMatch-selected": { backgroundColor: "var(--hit-now)" },
  ".cm-selectionMatch": { backgroundColor: "var(--hover)" },
  ".cm-foldPlaceholder": { backgroundColor: "var(--sunken)", border: "1px solid var(--line)", color: "var(--text-3)" },
  ".cm-panels": { backgroundColor: "var(--sunken)", color: "var(--text)", borderColor: "var(--line)" },
  ".cm-panels input, .cm-panels button": {
    backgroundColor: "var(--surface)",
    backgroundImage: "none",
    border: "1px solid var(--line-2)",
    borderRadius: "var(--r2)",
    color: "var(--text)",
    fontSize: "12px",
  },
  ".cm-panel.cm-search label": { fontSize: "12px" },
  ".cm-tooltip": {
    backgroundColor: "var(--surface)",
    border: "none",
    borderRadius: "var(--r3)",
    boxShadow: "var(--float)",
    color: "var(--text)",
    font: "var(--t-12)",
    maxWidth: "480px",
  },
  ".cm-tooltip.cm-tooltip-autocomplete > ul": { fontFamily: "var(--font-mono)", maxHeight: "260px", padding: "4px" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li": {
    padding: "2px 8px",
    borderRadius: "var(--r2)",
    color: "var(--text)",
  },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li[aria-selected]": {
    backgroundColor: "var(--accent-tint)",
    color: "var(--text)",
  },
  ".cm-completionLabel": { fontSize: "12px" },
  ".cm-completionMatchedText": { textDecoration: "none", fontWeight: "600", color: "var(--accent)" },
  ".cm-completionDetail": { fontStyle: "normal", color: "var(--text-3)" },
  ".cm-tooltip.cm-completionInfo": { padding: "8px 12px", maxWidth: "360px" },
  ".cm-help": { padding: "8px 12px", display: "flex", flexDirection: "column", gap: "4px" },
  ".cm-gutter-lint": { width: "14px" },
  ".cm-gutter-lint .cm-gutterElement": { padding: "0 0 0 4px" },
  ".cm-lint-marker": { content: "none", width: "8px", height: "8px", borderRadius: "50%", marginTop: "6px" },
  ".cm-lint-marker-error": { backgroundColor: "var(--failed-fill)" },
  ".cm-lint-marker-warning": { backgroundColor: "var(--waiting-fill)" },
  ".cm-tooltip-lint": { padding: "4px" },
  ".cm-diagnostic": { padding: "4px 8px", borderLeft: "none" },
  ".cm-lintRange-error": { backgroundImage: "none", textDecoration: "underline wavy var(--failed-fill) 1.25px" },
  ".cm-lintRange-warning": { backgroundImage: "none", textDecoration: "underline wavy var(--waiting-fill) 1.25px" },
  ".cm-lintRange-error, .cm-lintRange-warning": { textUnderlineOffset: "4px", textDecorationSkipInk: "none" },
});

const TEMPLATE = new MatchDecorator({
  regexp: /\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}/g,
  decoration: Decoration.mark({ class: "cm-template" }),
});

const templates = ViewPlugin.fromClass(
  class {
    decorations;
    constructor(view: EditorView) {
      this.decorations = TEMPLATE.createDeco(view);
    }
    update(update: ViewUpdate) {
      this.decorations = TEMPLATE.updateDeco(update, this.decorations);
    }
  },
  { decorations: (plugin) => plugin.decorations },
);

/** The colours and measures of code, from the tokens of the theme. */
export const look: Extension = [FRAME, syntaxHighlighting(COLOURS), templates];
