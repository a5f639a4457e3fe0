import { expect, test } from "vitest";
import { tokenOf } from "./token";

const NOW = 1_000_000;

function jwt(claims: object): string {
  const payload = btoa(String.fromCharCode(...new TextEncoder().encode(JSON.stringify(claims))));
  return `e30.${payload.replace(/\+/g, "-").replace(/\//g, "_").replace(/=/g, "")}.signature`;
}

test("a token is renewed half a minute before its end, whatever the clock of the server says", () => {
  const token = tokenOf(jwt({ sub: "u1", name: "Ærlig", iat: 50, exp: 950 }), NOW);
  expect(token).toMatchObject({ user: "u1", renewAt: NOW + 870_000 });
});

test("a token with a short life is renewed after three quarters of it", () => {
  expect(tokenOf(jwt({ sub: "u1", iat: 50, exp: 58 }), NOW).renewAt).toBe(NOW + 6000);
});

test("a token that cannot be read is used for a quarter of an hour", () => {
  for (const text of ["", "strange", "a.%%%.b", "a.bnVsbA.b"])
    expect(tokenOf(text, NOW)).toEqual({ text, user: "", renewAt: NOW + 870_000 });
});
