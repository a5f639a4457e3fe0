import { afterEach, beforeEach, expect, test, vi } from "vitest";

type Answer = () => Response;
const told: unknown[] = [];
let hear: (message: { data: unknown }) => void = () => undefined;
let answers: Record<string, Answer[]> = {};
let asked: string[] = [];

class Channel {
  postMessage(message: unknown): void {
    told.push(message);
  }
  set onmessage(listener: typeof hear) {
    hear = listener;
  }
}

beforeEach(() => {
  vi.resetModules();
  told.length = 0;
  asked = [];
  answers = {};
  vi.stubGlobal("BroadcastChannel", Channel);
  vi.stubGlobal("fetch", async (input: Request | string) => {
    const request = typeof input === "string" ? new Request(new URL(input, location.href)) : input;
    const token = request.headers.get("Authorization")?.replace("Bearer ", "");
    const name = [new URL(request.url).pathname.replace("/api/", ""), token].filter(Boolean).join(" ");
    asked.push(name);
    const next = answers[name]?.shift();
    if (!next) throw new Error(`Nothing answers ${name}`);
    return next();
  });
});

afterEach(() => vi.unstubAllGlobals());

const status = (code: number): Answer => {
  return () => new Response("{}", { status: code });
};
const token = (text: string): Answer => {
  return () => Response.json({ access_token: text });
};
const get = (path: string, signal?: AbortSignal) => new Request(new URL(path, location.href), { signal });

async function begun(isSignInOn: boolean) {
  const session = await import("./session");
  const { signedFetch } = await import("./signed-fetch");
  session.setUpSession(async () => isSignInOn);
  return { ...session, signedFetch };
}

test("where sign-in is off requests go as they are", async () => {
  const { signedFetch } = await begun(false);
  answers = { jobs: [status(200)] };
  expect((await signedFetch(get("/api/jobs"))).status).toBe(200);
  expect(asked).toEqual(["jobs"]);
});

test("the first requests share one renewal by the cookie", async () => {
  const { signedFetch } = await begun(true);
  answers = { "auth/refresh": [token("one")], "jobs one": [status(200)], "tasks one": [status(200)] };
  await Promise.all([signedFetch(get("/api/jobs")), signedFetch(get("/api/tasks"))]);
  expect(asked).toEqual(["auth/refresh", "jobs one", "tasks one"]);
  expect(told).toEqual([{ token: "one" }]);
});

test("a refused token is renewed once for all requests, which are sent again with their bodies", async () => {
  const { signedFetch } = await begun(true);
  answers = {
    "auth/refresh": [token("old"), token("new")],
    "jobs old": [status(401)],
    "tasks old": [status(401)],
    "jobs new": [status(200)],
    "tasks new": [status(401)],
  };
  const body = new Request(new URL("/api/jobs", location.href), { method: "POST", body: "typed" });
  const both = await Promise.all([signedFetch(body), signedFetch(get("/api/tasks"))]);
  expect(both.map((answer) => answer.status)).toEqual([200, 401]);
  expect(asked.filter((name) => name === "auth/refresh")).toHaveLength(2);
});

test("a renewed token that reads like the one before is sent, once", async () => {
  const { signedFetch } = await begun(true);
  answers = { "auth/refresh": [token("same"), token("same")], "jobs same": [status(401), status(401)] };
  expect((await signedFetch(get("/api/jobs"))).status).toBe(401);
  expect(asked).toEqual(["auth/refresh", "jobs same", "auth/refresh", "jobs same"]);
});

test("while nobody is signed in requests wait, and go on with the token of whoever signs in", async () => {
  const { signedFetch, signIn } = await begun(true);
  answers = { "auth/refresh": [status(401)], "jobs mine": [status(200)] };
  const waiting = signedFetch(get("/api/jobs"));
  await vi.waitFor(() => expect(asked).toEqual(["auth/refresh"]));
  signIn("mine");
  expect((await waiting).status).toBe(200);
});

test("a request that is no longer wanted does not wait for somebody to sign in", async () => {
  const { signedFetch } = await begun(true);
  answers = { "auth/refresh": [status(401)] };
  const stop = new AbortController();
  const waiting = signedFetch(get("/api/jobs", stop.signal));
  await vi.waitFor(() => expect(asked).toEqual(["auth/refresh"]));
  stop.abort();
  await expect(waiting).rejects.toThrow();
});

test("a token that another tab has renewed is used instead of renewing again", async () => {
  const { signedFetch } = await begun(true);
  let turn: () => void = () => undefined;
  const locks = {
    request: (_name: string, run: () => Promise<void>) => new Promise<void>((r) => (turn = r)).then(run),
  };
  answers = { "auth/refresh": [token("old")], "jobs old": [status(401)], "jobs theirs": [status(200)] };
  vi.stubGlobal("navigator", { locks });
  const answer = signedFetch(get("/api/jobs"));
  await vi.waitFor(() => expect(turn).toBeInstanceOf(Function));
  await Promise.resolve().then(() => turn());
  await vi.waitFor(() => expect(asked).toContain("jobs old"));
  hear({ data: { token: "theirs" } });
  turn();
  expect((await answer).status).toBe(200);
  expect(asked.filter((name) => name === "auth/refresh")).toHaveLength(1);
});

test("a server that does not answer ends no session: the next request begins again", async () => {
  const { signedFetch } = await begun(true);
  answers = { "auth/refresh": [status(503), token("one")], "jobs one": [status(200)] };
  await expect(signedFetch(get("/api/jobs"))).rejects.toThrow("503");
  expect((await signedFetch(get("/api/jobs"))).status).toBe(200);
});
