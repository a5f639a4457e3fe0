import { useSyncExternalStore } from "react";
import { type Token, tokenOf } from "./token";

/**
 * Whether somebody is signed in: not known yet, sign-in is off, in, no more or not yet, or about to leave for the page
 * of sign-in.
 */
type Status = "starting" | "off" | "in" | "out" | "left";

export interface Session {
  status: Status;
  /** Whether somebody was signed in since this page was loaded. */
  hasBeenIn: boolean;
}

type Message = { token: string } | { isSignedOut: true };

const NAME = "stroem-session";
const channel = typeof BroadcastChannel === "undefined" ? undefined : new BroadcastChannel(NAME);
const listeners = new Set<() => void>();

let session: Session = { status: "starting", hasBeenIn: false };
let token: Token | null = null;
let user = "";
let begin: () => Promise<unknown> = () => Promise.reject(new Error("The session is not set up."));
let started: Promise<void> | undefined;
let renewal: Promise<void> | undefined;

/** Sets where the session learns whether sign-in is on. It begins at the first request. */
export function setUpSession(isSignInOn: () => Promise<boolean>): void {
  begin = async () => ((await isSignInOn()) ? renew() : become("off"));
  if (channel) channel.onmessage = ({ data }: MessageEvent<Message>) => hear(data);
}

/** Begins the session once: with sign-in on, by the cookie of this browser. Fails while the server does not answer. */
export function startSession(): Promise<void> {
  started ??= begin().then(
    () => undefined,
    (error) => {
      started = undefined;
      throw error;
    },
  );
  return started;
}

/**
 * The token for a request, renewed when it is about to end or was `refused`; null where sign-in is off. While nobody is
 * signed in it waits until somebody is.
 */
export async function accessToken(signal?: AbortSignal, refused?: Token): Promise<Token | null> {
  await startSession();
  while (session.status !== "off") {
    if (session.status !== "in") await nextSignIn(signal);
    else if (token && token !== refused && Date.now() < token.renewAt) return token;
    else await renew();
  }
  return null;
}

/** Takes the token of somebody who signed in, here and in the other tabs of the browser. */
export function signIn(text: string): void {
  take(text);
  tell({ token: text });
}

/**
 * Ends the session in all tabs of the browser. Each loads the page of sign-in anew, so that nothing is left in memory; this
 * one by way of the provider that the session has begun with, so that it ends there too.
 */
export async function signOut(): Promise<void> {
  const answer = await fetch("/api/auth/logout", { method: "POST" });
  if (!answer.ok) throw new Error(`The server did not end the session: ${answer.status}.`);
  const { logout_url: elsewhere } = await answer.json();
  tell({ isSignedOut: true });
  leave(typeof elsewhere === "string" ? elsewhere : undefined);
}

/** Asks for a token by the cookie: one request at a time of all tabs. A 401 ends the session. */
function renew(): Promise<void> {
  const before = token;
  const turn = async () => {
    const isRenewed = token && token !== before && Date.now() < token.renewAt; // by another tab, meanwhile
    if (isRenewed || session.status === "left") return;
    const answer = await fetch("/api/auth/refresh", { method: "POST" });
    if (answer.ok) signIn(String((await answer.json()).access_token));
    else if (answer.status === 401) become("out");
    else throw new Error(`The session was not renewed: ${answer.status}.`);
  };
  renewal ??= Promise.resolve(navigator.locks ? navigator.locks.request(NAME, turn) : turn()).finally(() => {
    renewal = undefined;
  });
  return renewal;
}

function take(text: string): void {
  const next = tokenOf(text, Date.now());
  const isSomebodyElse = user !== "" && next.user !== user;
  [token, user] = [next, next.user];
  if (isSomebodyElse) {
    become("left");
    location.reload();
  } else become("in");
}

function hear(message: Message): void {
  if (session.status === "off" || session.status === "left") return;
  if ("token" in message) take(message.token);
  else if (session.hasBeenIn) leave();
}

function leave(to = "/login"): void {
  token = null;
  become("left");
  location.assign(to);
}

function become(status: Status): void {
  session = { status, hasBeenIn: session.hasBeenIn || status === "in" };
  for (const listener of listeners) listener();
}

function tell(message: Message): void {
  channel?.postMessage(message);
}

function nextSignIn(signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const done = subscribe(() => {
      if (session.status !== "in") return;
      done();
      resolve();
    });
    const stop = () => {
      done();
      reject(signal?.reason);
    };
    if (signal?.aborted) stop();
    else signal?.addEventListener("abort", stop, { once: true });
  });
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useSession(): Session {
  return useSyncExternalStore(subscribe, () => session);
}
