import { visibleText } from "@/lib/json";

interface ErrorBody {
  error?: string;
  code?: string;
  fields?: { field: string; message: string }[];
}

/** A request that failed: what the server said, or that it did not answer (`status` 0). */
export class ApiError extends Error {
  readonly code: string;
  /** The server's messages by the value they are about, such as `input.day`. */
  readonly fields: Readonly<Record<string, string>>;

  constructor(
    readonly status: number,
    message: string,
    /** Method and path of the request. */
    readonly request: string,
    body: ErrorBody = {},
    /** Seconds until the server wants to be asked again; 0 if it does not say. */
    readonly retryAfter = 0,
  ) {
    super(message);
    this.code = body.code ?? "";
    this.fields = Object.fromEntries((body.fields ?? []).map(({ field, message }) => [field, message]));
  }
}

/** What went wrong, in words, for any thrown value. */
export function messageOf(error: unknown): string {
  return visibleText(error instanceof Error ? error.message : String(error));
}

/** What the server has against a list of a request, or against one of its items. */
export function listError(error: unknown, key: string): string | undefined {
  const fields = error instanceof ApiError ? Object.entries(error.fields) : [];
  return fields.find(([field]) => field === key || field.startsWith(`${key}[`))?.[1];
}
