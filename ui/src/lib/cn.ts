import { type ClassValue, clsx } from "clsx";
import { extendTailwindMerge } from "tailwind-merge";

const merge = extendTailwindMerge({
  extend: { classGroups: { "font-size": [{ text: ["11", "12", "13", "14", "16", "20"] }] } },
});

/** Joins class names; of two that set the same property the later one holds. */
export function cn(...names: ClassValue[]): string {
  return merge(clsx(names));
}
