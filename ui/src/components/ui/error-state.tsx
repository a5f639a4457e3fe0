import { useQueryErrorResetBoundary } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ApiError, messageOf } from "@/api/error";
import { sentence } from "@/lib/reason";
import { Button } from "./button";
import { CopyButton } from "./copy-button";
import { StateGlyph } from "./state-glyph";

interface Props {
  error: unknown;
  /** What could not be shown, as the subject of a sentence: "The jobs". */
  what?: string;
  onRetry?: () => void;
  /** Where to go from a page that is not there. */
  instead?: { label: string; to: string };
}

/** Stands in the place of what failed: what happened, the request, and a way to try again. */
export function ErrorState({ error, what = "This page", onRetry, instead }: Props) {
  const { reset } = useQueryErrorResetBoundary();
  const request = error instanceof ApiError ? error.request : undefined;
  const status = error instanceof ApiError ? error.status : undefined;
  const details = [messageOf(error), request, status ? `status ${status}` : ""].filter(Boolean).join("\n");
  return (
    <div role="alert" className="flex max-w-[760px] flex-col gap-3 px-4 py-6">
      <h2 className="flex items-center gap-2 font-semibold text-14">
        <StateGlyph state={status === 403 ? "suspended" : "failed"} label="" />
        {status === 404
          ? `${what} is not there.`
          : status === 403
            ? `${what} may not be seen by you.`
            : `${what} cannot be shown.`}
      </h2>
      <p className="text-text-2">
        {sentence(messageOf(error))}
        {status === 0 && " Jobs and schedules do not depend on this page: they go on."}
      </p>
      {request && (
        <code className="break-all text-12 text-text-3">
          {request}
          {status ? ` · ${status}` : ""}
        </code>
      )}
      <div className="flex items-center gap-2">
        {status === 404 && instead && (
          <Button asChild>
            <Link to={instead.to}>{instead.label}</Link>
          </Button>
        )}
        <Button
          variant={status === 404 && instead ? "quiet" : "outline"}
          onClick={() => {
            reset();
            onRetry?.();
          }}
        >
          Try again
        </Button>
        <CopyButton text={details} label="Copy details" />
      </div>
    </div>
  );
}
