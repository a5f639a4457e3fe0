import { commonLengths } from "./common-lengths";

export interface Marked {
  text: string;
  isChanged: boolean;
}

const WORD = /\w+|\s+|[^\w\s]/gu;
const MOST_WORDS = 400;

/** Two lines in parts, those marked that the other one lacks. Lines that share too little have no marks. */
export function wordDiff(old: string, now: string): [Marked[], Marked[]] {
  const a = old.match(WORD) ?? [];
  const b = now.match(WORD) ?? [];
  const plain = (text: string): Marked[] => [{ text, isChanged: false }];
  if (a.length > MOST_WORDS || b.length > MOST_WORDS) return [plain(old), plain(now)];
  const [keptA, keptB] = longestCommon(a, b);
  const shared = a.filter((word, index) => keptA.has(index) && word.trim()).length;
  if (shared * 3 < Math.min(wordsIn(a), wordsIn(b))) return [plain(old), plain(now)];
  return [marks(a, keptA), marks(b, keptB)];
}

function wordsIn(words: string[]): number {
  return words.filter((word) => word.trim()).length;
}

function longestCommon(a: string[], b: string[]): [Set<number>, Set<number>] {
  const at = commonLengths(a, b);
  const kept: [Set<number>, Set<number>] = [new Set(), new Set()];
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    if (a[i] === b[j]) {
      kept[0].add(i++);
      kept[1].add(j++);
    } else if (at(i + 1, j) >= at(i, j + 1)) i++;
    else j++;
  }
  return kept;
}

function marks(words: string[], kept: Set<number>): Marked[] {
  const parts: Marked[] = [];
  words.forEach((text, index) => {
    const isChanged = !kept.has(index);
    const last = parts.at(-1);
    if (last?.isChanged === isChanged) last.text += text;
    else parts.push({ text, isChanged });
  });
  return parts;
}
