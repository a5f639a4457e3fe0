import { isObject } from "@/lib/json";

/** An access token: whose it is, and from when to when it is used, by the clock of this browser. */
export interface Token {
  text: string;
  user: string;
  renewAt: number;
}

const LIFETIME_SECS = 900;
const LONGEST_MARGIN_SECS = 30;

/**
 * A token that came at `now`. It is renewed half a minute before its end, or after three quarters of a short life. Its
 * life is counted from `now`, since the clock of the server may be another one.
 */
export function tokenOf(text: string, now: number): Token {
  const claims = claimsOf(text);
  const [issued, expires] = [claims["iat"], claims["exp"]];
  const lifetime = typeof issued === "number" && typeof expires === "number" ? expires - issued : LIFETIME_SECS;
  const margin = Math.min(LONGEST_MARGIN_SECS, lifetime / 4);
  return { text, user: String(claims["sub"] ?? ""), renewAt: now + (lifetime - margin) * 1000 };
}

/** The claims of a JWT, unverified: the server verifies. None if it cannot be read. */
function claimsOf(text: string): Record<string, unknown> {
  try {
    const payload = (text.split(".")[1] ?? "").replace(/-/g, "+").replace(/_/g, "/");
    const claims: unknown = JSON.parse(
      new TextDecoder().decode(Uint8Array.from(atob(payload), (c) => c.charCodeAt(0))),
    );
    return isObject(claims) ? claims : {};
  } catch {
    return {};
  }
}
