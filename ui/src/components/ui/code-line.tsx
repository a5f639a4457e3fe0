import type { Token, TokenKind } from "@/lib/code";

const COLOUR: Record<TokenKind, string | undefined> = {
  key: "text-(--ansi-blue)",
  string: "text-(--ansi-green)",
  comment: "text-text-3",
  template: "text-(--ansi-magenta)",
  plain: undefined,
};

/** A line of code in the colours of its parts. */
export function CodeLine({ tokens }: { tokens: Token[] }) {
  return tokens.map((token, index) => (
    <span key={index} className={COLOUR[token.kind]}>
      {token.text}
    </span>
  ));
}

/** The number before a line of code. */
export function LineNumber({ number, className = "" }: { number?: number; className?: string }) {
  return (
    <span className={`inline-block w-11 flex-none select-none pr-3 text-right text-text-3 ${className}`} aria-hidden>
      {number}
    </span>
  );
}

/** A box with a head that names a file or a definition. */
export function CodeBox({ head, children }: { head: React.ReactNode; children?: React.ReactNode }) {
  return (
    <section className="mx-4 mb-3 flex-none overflow-hidden rounded-2 border border-line">
      <div
        className={`flex min-h-8 items-center gap-2 bg-sunken px-3 ${children ? "border-line border-b" : ""} max-sm:flex-wrap max-sm:py-1.5`}
      >
        {head}
      </div>
      {children}
    </section>
  );
}

/** Lines that scroll sideways, by keys too. */
export function CodeScroll({ label, children }: { label: string; children: React.ReactNode }) {
  return (
    <section
      aria-label={label}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls can be reached by keys
      tabIndex={0}
      className="overflow-x-auto py-1 font-mono text-12 leading-5"
    >
      <div className="w-max min-w-full">{children}</div>
    </section>
  );
}
