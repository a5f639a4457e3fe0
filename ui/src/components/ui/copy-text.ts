import { showToast } from "./toast";

/** Copies a text and gives whether it could; a toast says when it could not. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    showToast({ tone: "failed", text: "Nothing was copied: browsers let only pages over https copy." });
    return false;
  }
}
