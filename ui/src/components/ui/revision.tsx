import { shortRevision } from "@/lib/standing";

interface Props {
  revision: string | null;
  /** The page of the commit at the git host. */
  url?: string | null;
  title?: string;
}

/** The beginning of a revision, a link to its commit where there is one. */
export function Revision({ revision, url, title }: Props) {
  if (!revision) return <span className="font-normal text-text-3">–</span>;
  const text = (
    <code className="font-normal text-12 text-text-3" title={title}>
      {shortRevision(revision)}
    </code>
  );
  return url ? (
    <a href={url} target="_blank" rel="noreferrer" className="hover:underline">
      {text}
    </a>
  ) : (
    text
  );
}
