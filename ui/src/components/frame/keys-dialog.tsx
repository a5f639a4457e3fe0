import { Dialog } from "@/components/ui/dialog";
import { Kbd } from "@/components/ui/kbd";
import { useActiveShortcuts } from "@/lib/keys";

interface Props {
  open: boolean;
  onOpenChange: (open: boolean) => void;
}

/** All keys that work on this page. */
export default function KeysDialog({ open, onOpenChange }: Props) {
  const shortcuts = useActiveShortcuts();
  const groups = [...new Set(shortcuts.map((shortcut) => shortcut.group))];
  return (
    <Dialog open={open} onOpenChange={onOpenChange} title="Keys" className="w-[720px]">
      <div className="columns-2 gap-8 max-sm:columns-1">
        {groups.map((group) => (
          <section key={group} className="mb-4 break-inside-avoid">
            <h3 className="pb-1 text-11 text-text-3">{group}</h3>
            {shortcuts
              .filter((shortcut) => shortcut.group === group)
              .map((shortcut) => (
                <div key={shortcut.keys + shortcut.label} className="flex h-7 items-center justify-between gap-4">
                  <span className="truncate">{shortcut.label}</span>
                  <span className="flex gap-1">
                    {shortcut.keys.split(" ").map((key) => (
                      <Kbd key={key}>{keyName(key)}</Kbd>
                    ))}
                  </span>
                </div>
              ))}
          </section>
        ))}
      </div>
    </Dialog>
  );
}

/** A key as it stands on the keyboard. */
function keyName(key: string): string {
  if (key === "Escape") return "Esc";
  if (key.startsWith("ctrl+")) return `Ctrl ${keyName(key.slice("ctrl+".length))}`;
  if (key.startsWith("shift+")) return `Shift ${keyName(key.slice("shift+".length))}`;
  return /^[A-Z]$/.test(key) ? `Shift ${key}` : key.length === 1 ? key.toUpperCase() : key;
}
