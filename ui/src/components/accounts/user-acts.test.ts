import { expect, test } from "vitest";
import type { UserItem } from "@/api/users";
import { actsOf } from "./user-acts";

const USER = { user_id: "u1", email: "ada@example.org", is_admin: true, is_disabled: false } as UserItem;

test("nobody takes their own rights or account away", () => {
  expect(actsOf(USER, "u1").map(([act]) => act)).toEqual(["groups", "reset-link", "sessions"]);
});

test("others are given rights and have them taken away", () => {
  expect(actsOf(USER, "u2").map(([, words]) => words)).toContain("Take administrator away…");
  expect(actsOf({ ...USER, is_admin: false, is_disabled: true }, "u2").map(([, words]) => words)).toEqual([
    "Change groups…",
    "Make administrator…",
    "Link for a password…",
    "Sessions…",
    "Enable…",
    "Delete…",
  ]);
});
