import { Mark } from "@/components/frame/mark";

interface Props {
  title: React.ReactNode;
  /** The line below the title. */
  children: React.ReactNode;
  /** The line at the bottom of the window. */
  foot?: string;
}

/** A page of people who are not signed in: one column. */
export function Outside({ title, children, foot }: Props) {
  return (
    <main className="flex h-full flex-col items-center overflow-auto bg-canvas px-4">
      <div className="my-auto grid w-full max-w-[320px] flex-none gap-3 py-8 sm:-translate-y-[4vh]">
        <Mark className="mb-1 size-[26px] text-accent" />
        <div>
          <h1 className="font-semibold text-16">{title}</h1>
          <p className="text-text-2">{location.host}</p>
        </div>
        {children}
      </div>
      <p className="flex-none pb-4 text-center text-12 text-text-3">{foot}</p>
    </main>
  );
}
