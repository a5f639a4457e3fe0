import createClient, { type Middleware } from "openapi-fetch";
import { isObject } from "@/lib/json";
import { signedFetch } from "@/session/signed-fetch";
import { ApiError } from "./error";
import type { components, paths } from "./schema";
import { countChanges } from "./under-way";

/** The types of the API's messages, made from its OpenAPI document. */
export type Schemas = components["schemas"];

const failing: Middleware = {
  async onResponse({ request, response }) {
    if (response.ok) return undefined;
    const name = requestName(request);
    const text = await response.text();
    let body: { error?: string } = {};
    try {
      const parsed: unknown = JSON.parse(text);
      if (isObject(parsed)) body = parsed;
    } catch {
      body = { error: text.slice(0, 500) };
    }
    const wait = Number(response.headers.get("Retry-After")) || 0;
    throw new ApiError(response.status, body.error || `${response.status} ${response.statusText}`, name, body, wait);
  },
  onError({ request, error }) {
    if (error instanceof DOMException && error.name === "AbortError") return error;
    return new ApiError(0, "The server does not answer.", requestName(request));
  },
};

/** The client of the public API. A failed request rejects with `ApiError`. */
export const api = createClient<paths, "application/json">({ baseUrl: location.origin, fetch: signedFetch });
api.use(failing, countChanges);

/** The data of an answer that was not an error. */
export async function dataOf<T>(answer: Promise<{ data?: T }>): Promise<NonNullable<T>> {
  return (await answer).data as NonNullable<T>;
}

function requestName(request: Request): string {
  const url = new URL(request.url);
  return `${request.method} ${url.pathname}${url.search}`;
}
