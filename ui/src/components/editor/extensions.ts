import {
  autocompletion,
  type CompletionSource,
  closeBrackets,
  closeBracketsKeymap,
  completionKeymap,
  startCompletion,
} from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { bracketMatching, foldGutter, foldKeymap, indentOnInput, indentUnit } from "@codemirror/language";
import { lintGutter, lintKeymap } from "@codemirror/lint";
import { highlightSelectionMatches, search, searchKeymap } from "@codemirror/search";
import { Annotation, EditorState, type Extension } from "@codemirror/state";
import {
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  hoverTooltip,
  keymap,
  lineNumbers,
} from "@codemirror/view";
import { look } from "@/components/ui/code/look";
import { helpAt } from "./completion";
import type { Schema } from "./schema-walk";
import { yamlIndent } from "./yaml-indent";

/** Marks a change of the text that nobody typed. */
export const OUTSIDE = Annotation.define<boolean>();

interface Hooks {
  onChange: (text: string) => void;
  complete: CompletionSource;
  schema: () => Schema | undefined;
}

/** What makes a text a file that is edited. Ends of lines stay as they are. */
export function extensionsOf(path: string, text: string, hooks: Hooks): Extension {
  return [
    EditorState.lineSeparator.of(/(^|[^\r])\n/.test(text) || !text.includes("\n") ? "\n" : "\r\n"),
    lineNumbers(),
    lintGutter(),
    foldGutter(),
    history(),
    drawSelection(),
    indentUnit.of("  "),
    indentOnInput(),
    /\.ya?ml$/.test(path) ? yamlIndent : [],
    bracketMatching(),
    closeBrackets(),
    highlightActiveLine(),
    highlightActiveLineGutter(),
    highlightSelectionMatches(),
    search({ top: true }),
    autocompletion({ override: [hooks.complete], icons: false }),
    hoverTooltip((view, position) => tooltip(view, position, hooks.schema())),
    keymap.of([
      ...closeBracketsKeymap,
      ...completionKeymap,
      ...searchKeymap,
      ...lintKeymap,
      ...historyKeymap,
      ...foldKeymap,
      ...defaultKeymap,
      indentWithTab,
    ]),
    EditorView.contentAttributes.of({ "aria-label": `Text of ${path}`, spellcheck: "false", tabindex: "0" }),
    EditorView.updateListener.of((update) => {
      if (!update.docChanged) return;
      if (!update.transactions.some((one) => one.annotation(OUTSIDE))) hooks.onChange(update.state.sliceDoc());
      if (update.transactions.some((one) => one.isUserEvent("input.complete"))) completeValue(update.view);
    }),
    look,
  ];
}

/** Offers values behind a key that was completed. */
function completeValue(view: EditorView): void {
  const { head } = view.state.selection.main;
  if (view.state.sliceDoc(head - 2, head) === ": ") queueMicrotask(() => startCompletion(view));
}

function tooltip(view: EditorView, position: number, schema: Schema | undefined) {
  const help = schema && helpAt(view.state.doc.toString(), position, schema);
  if (!help) return null;
  return {
    pos: help.from,
    end: help.to,
    above: true,
    create: () => {
      const dom = document.createElement("div");
      dom.className = "cm-help";
      const head = dom.appendChild(document.createElement("p"));
      head.append(Object.assign(document.createElement("b"), { textContent: help.key }), ` ${help.types}`);
      if (help.standard) head.append(`, ${help.standard} unless set`);
      for (const part of help.text.split("\n\n").filter(Boolean))
        dom.appendChild(document.createElement("p")).append(...withCode(part.replaceAll("\n", " ")));
      return { dom };
    },
  };
}

/** A text whose parts in backticks are code. */
function withCode(text: string): Node[] {
  return text.split("`").map((part, index) => {
    if (index % 2 === 0) return document.createTextNode(part);
    return Object.assign(document.createElement("code"), { textContent: part });
  });
}
