import { showToast } from "@/components/ui/toast";
import { saveFrom } from "@/lib/save";
import { accessToken } from "@/session/session";
import { api, dataOf } from "./client";
import { messageOf } from "./error";

/**
 * The whole address of a stream or a download. Where people sign in it has a ticket, which is good once and for half a
 * minute; while nobody is signed in there is no address.
 */
export async function streamAddress(path: string, signal?: AbortSignal): Promise<string> {
  const url = new URL(path, location.href);
  if ((await accessToken(signal)) === null) return url.href;
  const { ticket } = await dataOf(api.POST("/api/auth/tickets", { signal }));
  url.searchParams.set("ticket", ticket);
  return url.href;
}

/** Lets the browser save what the server has at a path. Without a name, under that which the server gives. */
export async function download(path: string, name?: string): Promise<void> {
  try {
    saveFrom(await streamAddress(path), name);
  } catch (error) {
    showToast({ tone: "failed", text: `Not saved: ${messageOf(error)}` });
  }
}
