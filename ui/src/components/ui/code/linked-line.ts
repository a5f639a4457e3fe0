import { StateEffect, StateField } from "@codemirror/state";
import { Decoration, type DecorationSet, EditorView } from "@codemirror/view";

const link = StateEffect.define<number | undefined>();
const MARK = Decoration.line({ class: "cm-linked" });

/** The line that is linked to, in its own colour. */
export const linkedLine = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(marks, transaction) {
    for (const effect of transaction.effects) {
      if (!effect.is(link)) continue;
      const { doc } = transaction.state;
      return effect.value && effect.value <= doc.lines
        ? Decoration.set(MARK.range(doc.line(effect.value).from))
        : Decoration.none;
    }
    return marks.map(transaction.changes);
  },
  provide: (field) => EditorView.decorations.from(field),
});

/** Marks a line, from 1, and scrolls to it; marks none without a number. */
export function showLine(view: EditorView, line?: number): void {
  const { doc } = view.state;
  const at = line && line <= doc.lines ? doc.line(line).from : undefined;
  const scroll = at === undefined ? [] : [EditorView.scrollIntoView(at, { y: "center" })];
  view.dispatch({ effects: [link.of(line), ...scroll] });
}
