import { expect, test } from "vitest";
import { actorWords, objectWords } from "./words";

test("people are told by their names, others with what they are", () => {
  expect(actorWords({ actor_kind: "user", actor: "ada@acme.example" })).toBe("ada@acme.example");
  expect(actorWords({ actor_kind: "service", actor: "deploy" })).toBe("service deploy");
  expect(actorWords({ actor_kind: "anonymous", actor: "anonymous" })).toBe("anybody");
  expect(actorWords({ actor_kind: "anonymous", actor: "ada" })).toBe("anonymous ada");
  expect(actorWords({ actor_kind: "system", actor: "" })).toBe("the server");
});

test("an object is told with its workspace, which is told once", () => {
  const none = { object_kind: null, object: null, workspace: null };
  expect(objectWords({ object_kind: "task", object: "etl/load", workspace: "main" })).toBe("task etl/load of main");
  expect(objectWords({ object_kind: "workspace", object: "main", workspace: "main" })).toBe("workspace main");
  expect(objectWords({ ...none, object_kind: "api_key", object: "strm_12" })).toBe("api key strm_12");
  expect(objectWords({ ...none, workspace: "main" })).toBe("main");
  expect(objectWords(none)).toBe("");
});
