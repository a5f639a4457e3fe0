import type { CompletionContext } from "@codemirror/autocomplete";
import { setDiagnostics } from "@codemirror/lint";
import { Compartment, EditorState } from "@codemirror/state";
import { EditorView } from "@codemirror/view";
import { useEffect, useRef } from "react";
import { languageOfPath } from "@/components/ui/code/language";
import type { FileProblem } from "./check-view";
import { completions, type Vocabulary } from "./completion";
import { diagnosticsOf } from "./diagnostics";
import { extensionsOf, OUTSIDE } from "./extensions";

/** What outlives the view: the states of files, with their undo, and what their extensions ask. */
export interface EditorSession {
  states: Map<string, EditorState>;
  props?: Props;
}

interface Props {
  session: EditorSession;
  path: string;
  /** The text of the file as it is now. It replaces what is written only with another `path` or `version`. */
  text: string;
  version: string;
  problems: readonly FileProblem[];
  vocabulary: Vocabulary;
  /** A place to go to, from 1; `onPlace` hears that it was gone to. */
  place?: { line: number; column: number };
  onPlace: () => void;
  onChange: (text: string) => void;
}

/** A text that is edited, with completion and marks of mistakes. Each file keeps its undo while others are edited. */
export default function CodeEditor(props: Props) {
  const { session, path, version, problems, place } = props;
  const frame = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(null);
  session.props = props;

  useEffect(() => {
    if (!frame.current) return;
    const made = new EditorView({ parent: frame.current });
    view.current = made;
    return () => made.destroy();
  }, []);

  useEffect(() => {
    const shown = view.current;
    if (!shown) return;
    const kept = session.states.get(path);
    const language = new Compartment();
    shown.setState(kept ?? stateOf(session, path, language));
    if (!kept)
      languageOfPath(path).then((found) => {
        if (found && view.current === shown && session.props?.path === path)
          shown.dispatch({ effects: language.reconfigure(found) });
      });
    return () => {
      session.states.set(path, shown.state);
    };
  }, [session, path]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: only a new version replaces what is written
  useEffect(() => {
    const shown = view.current;
    if (!shown || shown.state.sliceDoc() === props.text) return;
    shown.dispatch({
      changes: { from: 0, to: shown.state.doc.length, insert: props.text },
      annotations: OUTSIDE.of(true),
    });
  }, [path, version]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: another file or version has other marks
  useEffect(() => {
    const shown = view.current;
    if (shown) shown.dispatch(setDiagnostics(shown.state, diagnosticsOf(shown.state.doc, problems)));
  }, [problems, path, version]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: a place is in the file that is shown
  useEffect(() => {
    const shown = view.current;
    if (!shown || !place) return;
    const line = shown.state.doc.line(Math.min(place.line, shown.state.doc.lines));
    const at = Math.min(line.from + place.column - 1, line.to);
    shown.dispatch({ selection: { anchor: at }, effects: EditorView.scrollIntoView(at, { y: "center" }) });
    shown.focus();
    props.onPlace();
  }, [place?.line, place?.column, path]);

  return <div ref={frame} className="min-h-0 min-w-0 flex-1" />;
}

function stateOf(session: EditorSession, path: string, language: Compartment): EditorState {
  const text = session.props?.text ?? "";
  const hooks = {
    onChange: (now: string) => session.props?.onChange(now),
    complete: (context: CompletionContext) => (session.props ? completions(context, session.props.vocabulary) : null),
    schema: () => session.props?.vocabulary.schema,
  };
  return EditorState.create({ doc: text, extensions: [extensionsOf(path, text, hooks), language.of([])] });
}
