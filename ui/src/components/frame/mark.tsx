/** Strøm's mark. */
export function Mark({ className }: { className?: string }) {
  return (
    <svg viewBox="0 0 20 20" width={17} height={17} className={className} aria-hidden="true">
      <g fill="none" stroke="currentColor" strokeWidth="2.4">
        <circle cx="10" cy="10" r="6.4" />
        <path d="M3 17 17 3" strokeLinecap="round" />
      </g>
    </svg>
  );
}
