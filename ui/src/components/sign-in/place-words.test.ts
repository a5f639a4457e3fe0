import { expect, test } from "vitest";
import { placeWords } from "./place-words";

test("what is opened after signing in is told, save for the first page", () => {
  expect(placeWords("/")).toBe("");
  expect(placeWords("/?a=b")).toBe("");
  expect(placeWords("/jobs?status=failed")).toBe("Jobs is opened after this.");
  expect(placeWords("/jobs/c3f19a2e-2c4f-4a0e-8f0e-1d1a5a3e9c11/log?step=a")).toBe(
    "Your job c3f19a2e is opened after this.",
  );
  expect(placeWords("/tasks/main/night%20run")).toBe("Tasks / main/night run is opened after this.");
  expect(placeWords("/tasks/a%zz")).toBe("Tasks / a%zz is opened after this.");
});
