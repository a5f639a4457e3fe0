import { Link } from "@tanstack/react-router";
import { X } from "lucide-react";
import { useEffect, useSyncExternalStore } from "react";
import { StateGlyph } from "./state-glyph";

/** A line that confirms what happened elsewhere; errors are shown in their place as well. */
interface Toast {
  text: string;
  tone?: "completed" | "failed" | "waiting";
  link?: { label: string; to: string };
}

const SHOWN_MS = 6000;
const listeners = new Set<() => void>();
let toasts: (Toast & { id: number })[] = [];
let lastId = 0;

export function showToast(toast: Toast): void {
  lastId += 1;
  update([...toasts.slice(-3), { ...toast, id: lastId }]);
}

function update(next: typeof toasts): void {
  toasts = next;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** The place where toasts appear; once per page. */
export function Toaster() {
  const shown = useSyncExternalStore(subscribe, () => toasts);
  return (
    <output className="fixed right-4 bottom-10 z-50 flex flex-col gap-2 max-sm:right-2 max-sm:left-2 max-sm:bottom-16">
      {shown.map((toast) => (
        <ToastLine key={toast.id} toast={toast} onClose={() => update(toasts.filter(({ id }) => id !== toast.id))} />
      ))}
    </output>
  );
}

function ToastLine({ toast, onClose }: { toast: Toast; onClose: () => void }) {
  // biome-ignore lint/correctness/useExhaustiveDependencies: the time runs from the toast's appearance
  useEffect(() => {
    const timer = setTimeout(onClose, toast.tone === "failed" ? 3 * SHOWN_MS : SHOWN_MS);
    return () => clearTimeout(timer);
  }, []);
  return (
    <div className="flex max-w-[420px] items-start gap-2 rounded-3 bg-surface py-2 pr-2 pl-3 shadow-float">
      <StateGlyph state={toast.tone ?? "completed"} className="mt-[3px]" />
      <span className="min-w-0 flex-1 break-words">{toast.text}</span>
      {toast.link && (
        <Link to={toast.link.to} className="font-medium text-accent hover:underline" onClick={onClose}>
          {toast.link.label}
        </Link>
      )}
      <button type="button" aria-label="Close" className="grid size-5 place-items-center text-text-3" onClick={onClose}>
        <X size={13} />
      </button>
    </div>
  );
}
