import { isListOf, isText, store, stored } from "@/lib/storage";

const MOST = 8;

/** The ids of the rows that were chosen last, newest first. */
export function recentIds(): string[] {
  return stored("recent", isListOf(isText), []);
}

export function remember(id: string): void {
  store("recent", [id, ...recentIds().filter((one) => one !== id)].slice(0, MOST));
}
