import { accessToken } from "./session";
import type { Token } from "./token";

/** What is asked for without a token. */
const OPEN = ["/api/config", "/api/auth/login", "/api/auth/reset"];

/**
 * Fetches with the token of the session. A token that is refused is renewed, and the request sent once more. While
 * nobody is signed in the request waits.
 */
export async function signedFetch(request: Request): Promise<Response> {
  if (OPEN.includes(new URL(request.url).pathname)) return fetch(request);
  const token = await accessToken(request.signal);
  if (token === null) return fetch(request);
  const answer = await fetch(signed(request.clone(), token));
  if (answer.status !== 401) return answer;
  const renewed = await accessToken(request.signal, token);
  return fetch(renewed === null ? request : signed(request, renewed));
}

function signed(request: Request, token: Token): Request {
  request.headers.set("Authorization", `Bearer ${token.text}`);
  return request;
}
