import type { Release } from "@/api/releases";
import { causeWords } from "@/lib/kind";
import { personName } from "@/lib/person";
import { shortRevision } from "@/lib/standing";

interface ReleaseOption {
  number: number;
  label: string;
  revision?: string;
}

/** The releases that were read, newest first, as choices; those of `more` are there though they were not read. */
export function releaseOptions(
  read: { pages: { items: Release[] }[] } | undefined,
  ...more: (number | undefined)[]
): ReleaseOption[] {
  const options: ReleaseOption[] = (read?.pages ?? []).flatMap((page) => page.items).map(optionOf);
  for (const number of new Set(more))
    if (number !== undefined && !options.some((one) => one.number === number))
      options.push({ number, label: `Release ${number}` });
  return options;
}

function optionOf(release: Release): ReleaseOption {
  return {
    number: release.number,
    label: `Release ${release.number}: ${releaseTitle(release)}`,
    revision: release.revision,
  };
}

/** What a release is, in a few words: the title of its commit, or what it came from. */
export function releaseTitle({ rollback_of, commit, cause, revision }: Release): string {
  if (rollback_of) return `rolled back to release ${rollback_of}`;
  return commit?.message.split("\n")[0] || `${causeWords(cause)}, ${shortRevision(revision)}`;
}

const BY_PEOPLE = ["rollback", "pin", "resume", "approval"];

/** Who made a release and what led to it: `by ada · rollback`, `commit by Grace · push`. */
export function releaseMaker({ cause, commit, made_by: by }: Pick<Release, "cause" | "commit" | "made_by">): string {
  const author = commit?.author;
  const who = author && !BY_PEOPLE.includes(cause) ? `commit by ${personName(author)}` : by && `by ${personName(by)}`;
  return [who, causeWords(cause)].filter(Boolean).join(" · ");
}
