import { Bookmark, X } from "lucide-react";
import { useState } from "react";
import { Button } from "@/components/ui/button";
import { Input } from "@/components/ui/input";
import { Popover } from "@/components/ui/popover";
import { cn } from "@/lib/cn";
import { isObject } from "@/lib/json";
import { isListOf, store, stored } from "@/lib/storage";
import type { JobsSearch } from "./search";

interface View {
  name: string;
  search: JobsSearch;
}

const isViews = isListOf(
  (value): value is View => isObject(value) && typeof value["name"] === "string" && isObject(value["search"]),
);

const BUILT_IN: readonly View[] = [
  { name: "All", search: {} },
  { name: "Live", search: { status: "pending,running" } },
  { name: "Failed today", search: { status: "failed", hours: 24 } },
];

interface Props {
  search: JobsSearch;
  onChoose: (search: JobsSearch) => void;
}

/** Sets of filters with names; those that are saved stay in this browser. */
export function SavedViews({ search, onChoose }: Props) {
  const [saved, setSaved] = useState<View[]>(() => stored("jobViews", isViews, []));
  const keep = (views: View[]) => {
    store("jobViews", views);
    setSaved(views);
  };
  return (
    <>
      <div
        role="group"
        aria-label="Views"
        className="flex h-6 min-w-0 overflow-x-auto rounded-2 border border-line-2 [scrollbar-width:none] max-lg:hidden"
      >
        {[...BUILT_IN, ...saved].map((view) => {
          const isOn = same(view.search, search);
          const isSaved = saved.includes(view);
          return (
            <span
              key={view.name}
              className={cn("flex flex-none items-center border-line border-r last:border-r-0", isOn && "bg-hover")}
            >
              <button
                type="button"
                aria-pressed={isOn}
                onClick={() => onChoose(view.search)}
                className={cn("h-full px-2 text-12 text-text-2 hover:text-text", isOn && "font-medium text-text")}
              >
                {view.name}
              </button>
              {isSaved && isOn && (
                <button
                  type="button"
                  aria-label={`Forget the view ${view.name}`}
                  onClick={() => keep(saved.filter((one) => one !== view))}
                  className="h-full pr-1.5 text-text-3 hover:text-text"
                >
                  <X size={11} />
                </button>
              )}
            </span>
          );
        })}
      </div>
      <SaveView onSave={(name) => keep([...saved.filter((view) => view.name !== name), { name, search }])} />
    </>
  );
}

function SaveView({ onSave }: { onSave: (name: string) => void }) {
  const [isOpen, setOpen] = useState(false);
  const [name, setName] = useState("");
  const save = (event: React.FormEvent) => {
    event.preventDefault();
    if (!name.trim()) return;
    onSave(name.trim());
    setName("");
    setOpen(false);
  };
  return (
    <Popover
      open={isOpen}
      onOpenChange={setOpen}
      align="end"
      className="w-[260px]"
      trigger={
        <Button variant="quiet" className="max-sm:hidden">
          <Bookmark size={14} />
          Save view
        </Button>
      }
    >
      <form onSubmit={save} className="flex gap-2">
        <Input
          value={name}
          onChange={(event) => setName(event.target.value)}
          aria-label="Name"
          placeholder="Name of this view"
        />
        <Button type="submit">Save</Button>
      </form>
    </Popover>
  );
}

function same(a: JobsSearch, b: JobsSearch): boolean {
  const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])] as (keyof JobsSearch)[];
  return keys.every((key) => a[key] === b[key]);
}
