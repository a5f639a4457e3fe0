/** A key's name as on the keyboard. */
export function Kbd({ children }: { children: React.ReactNode }) {
  return (
    <kbd className="whitespace-nowrap rounded-1 border border-line bg-sunken px-1 font-sans text-11 text-text-3">
      {children}
    </kbd>
  );
}
