import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { ApiError } from "@/api/error";
import type { Artifact } from "@/api/job";
import { ErrorState } from "@/components/ui/error-state";
import { SkeletonRows } from "@/components/ui/skeleton";
import { size } from "@/lib/number";
import { signedFetch } from "@/session/signed-fetch";

type Preview = "text" | "image" | "page";

const MOST_BYTES = 5 * 1024 * 1024;
const SHOWN_TEXT = 200_000;
const TEXT = /^(text\/|application\/(json|xml|yaml|x-yaml|toml|x-sh|sql|x-ndjson))/;

/** How a file can be shown here; null if it can only be downloaded. */
export function previewOf(artifact: Artifact): Preview | null {
  if (artifact.size_bytes > MOST_BYTES) return null;
  const type = artifact.content_type;
  if (/^image\/(png|jpeg|gif|webp|svg\+xml)/.test(type)) return "image";
  if (type.startsWith("text/html")) return "page";
  return TEXT.test(type) || /\.(log|md|csv|ya?ml|toml|ini|jsonl?|txt)$/.test(artifact.name) ? "text" : null;
}

/** The content of a file. Pages are shown without scripts and without a way out of their frame. */
export function ArtifactPreview({ artifact }: { artifact: Artifact }) {
  const { data, error, refetch } = useQuery({
    queryKey: ["artifact-content", artifact.url, artifact.sha256],
    queryFn: async ({ signal }) => {
      const answer = await signedFetch(new Request(new URL(artifact.url, location.href), { signal }));
      if (!answer.ok) throw new ApiError(answer.status, answer.statusText, `GET ${artifact.url}`);
      return new Blob([await answer.arrayBuffer()], { type: artifact.content_type });
    },
    gcTime: 60_000,
    staleTime: Number.POSITIVE_INFINITY,
  });
  if (error) return <ErrorState error={error} what="The file" onRetry={refetch} />;
  if (!data) return <SkeletonRows rows={4} />;
  const kind = previewOf(artifact);
  return (
    <div className="border-line border-t bg-sunken">
      {kind === "text" ? <Text blob={data} /> : <Framed blob={data} kind={kind} name={artifact.name} />}
    </div>
  );
}

function Text({ blob }: { blob: Blob }) {
  const [text, setText] = useState<string>();
  useEffect(() => {
    let isWanted = true;
    blob.text().then((read) => isWanted && setText(read));
    return () => {
      isWanted = false;
    };
  }, [blob]);
  if (text === undefined) return null;
  return (
    <>
      <pre className="max-h-[420px] overflow-auto whitespace-pre-wrap px-4 py-2 text-12 [overflow-wrap:anywhere]">
        {text.slice(0, SHOWN_TEXT)}
      </pre>
      {text.length > SHOWN_TEXT && (
        <p className="px-4 pb-2 text-12 text-text-3">
          The first {size(SHOWN_TEXT)} are shown. Download it for the rest.
        </p>
      )}
    </>
  );
}

function Framed({ blob, kind, name }: { blob: Blob; kind: Preview | null; name: string }) {
  const [url, setUrl] = useState<string>();
  useEffect(() => {
    const made = URL.createObjectURL(blob);
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [blob]);
  if (!url) return null;
  if (kind === "image") return <img src={url} alt={name} className="max-h-[480px] max-w-full p-4" />;
  return <iframe src={url} title={name} sandbox="" className="block h-[480px] w-full border-0 bg-surface" />;
}
