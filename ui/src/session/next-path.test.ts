import { expect, test } from "vitest";
import { nextPath } from "./next-path";

test("a path of this server is kept with its query and its fragment", () => {
  for (const path of [
    "/",
    "/jobs?status=failed&q=a%2Fb#L10",
    "/tasks/main/a%20b",
    "/logins",
    "/jobs?next=//evil.example",
  ])
    expect(nextPath(path)).toBe(path);
});

test("other hosts, schemes and the sign-in itself are refused", () => {
  const refused = [
    "//evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/\t/evil.example",
    "\n//evil.example",
    "/.//evil.example",
    "/a/..//evil.example",
    "https://evil.example/",
    "javascript:alert(1)",
    " /jobs",
    "jobs",
    "",
    "/login",
    "/login?next=/jobs",
    "/login/callback",
    "/./login",
    "/reset#token=a",
    undefined,
    7,
    ["/jobs"],
  ];
  for (const value of refused) expect(nextPath(value), String(value)).toBe("/");
});
