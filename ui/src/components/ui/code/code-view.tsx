import { search, searchKeymap } from "@codemirror/search";
import { Compartment, EditorState } from "@codemirror/state";
import { EditorView, keymap, lineNumbers } from "@codemirror/view";
import { useEffect, useRef } from "react";
import { languageOfPath } from "./language";
import { linkedLine, showLine } from "./linked-line";
import { look } from "./look";

interface Props {
  text: string;
  path: string;
  /** The line that is linked to, from 1. */
  line?: number;
  /** Hears the number of a line that was pressed. */
  onLine: (line: number) => void;
}

/** A text that can be read and searched, with the numbers of its lines. Loaded when it is needed. */
export default function CodeView({ text, path, line, onLine }: Props) {
  const place = useRef<HTMLDivElement>(null);
  const shown = useRef<EditorView>(null);
  const pressed = useRef(onLine);
  pressed.current = onLine;
  useEffect(() => {
    if (!place.current) return;
    const language = new Compartment();
    const view = new EditorView({
      parent: place.current,
      state: EditorState.create({
        doc: text,
        extensions: [
          lineNumbers({
            domEventHandlers: {
              mousedown: (view, block) => {
                pressed.current(view.state.doc.lineAt(block.from).number);
                return true;
              },
            },
          }),
          EditorState.readOnly.of(true),
          EditorView.editable.of(false),
          EditorView.contentAttributes.of({ "aria-label": `Text of ${path}`, tabindex: "0" }),
          search({ top: true }),
          keymap.of(searchKeymap),
          linkedLine,
          language.of([]),
          look,
        ],
      }),
    });
    shown.current = view;
    let isGone = false;
    languageOfPath(path).then((found) => {
      if (found && !isGone) view.dispatch({ effects: language.reconfigure(found) });
    });
    return () => {
      isGone = true;
      view.destroy();
    };
  }, [text, path]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another text or path is another view
  useEffect(() => {
    if (shown.current) showLine(shown.current, line);
  }, [line, text, path]);
  return <div ref={place} className="min-h-0 min-w-0 flex-1" />;
}
