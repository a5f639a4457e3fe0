import { useQuery } from "@tanstack/react-query";
import { type Release, releaseQuery } from "@/api/releases";
import { CopyButton } from "@/components/ui/copy-button";
import { Revision } from "@/components/ui/revision";
import { RelativeTime } from "@/components/ui/time";
import { releaseMaker, releaseTitle } from "./release-options";

interface Props {
  workspace: string;
  number: number;
  /** The releases that were read already. */
  known: readonly Release[];
}

/** The release that is shown: the whole message of its commit, its hash, and who made it. */
export function ReleaseHead({ workspace, number, known }: Props) {
  const read = known.find((one) => one.number === number);
  const found = useQuery({ ...releaseQuery(workspace, number), enabled: !read });
  const release = read ?? found.data;
  if (!release) return found.error ? null : <div className="h-16 flex-none" />;
  const message = (release.commit?.message ?? "").trim();
  const text = release.rollback_of ? message : message.split("\n").slice(1).join("\n").trim();
  return (
    <section aria-label={`Release ${number}`} className="border-line border-b px-4 py-2.5">
      <h2 className="font-semibold [overflow-wrap:anywhere]">
        <span className="tabular-nums">{number}</span> {releaseTitle(release)}
      </h2>
      {text && <p className="max-w-[100ch] whitespace-pre-wrap pt-1 text-text-2 [overflow-wrap:anywhere]">{text}</p>}
      <p className="flex flex-wrap items-center gap-x-2 pt-1 text-12 text-text-3">
        <Revision revision={release.revision} url={release.commit_url} title={release.revision} />
        <CopyButton text={release.revision} label="Copy the hash" />
        <span className="[overflow-wrap:anywhere]">{releaseMaker(release)}</span>
        <RelativeTime at={release.created_at} />
      </p>
    </section>
  );
}
