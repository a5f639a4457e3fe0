/** The texts among the values of a URL, by their keys. Numbers are texts that the router has read as such. */
export function readTexts<Key extends string>(raw: Record<string, unknown>, keys: readonly Key[]) {
  const texts: Partial<Record<Key, string>> = {};
  for (const key of keys) {
    const value = raw[key];
    if (["string", "number", "bigint"].includes(typeof value) && value !== "") texts[key] = String(value);
  }
  return texts;
}

/** A reader of URLs whose answer is all that is left: the router alone would keep values that were not read. */
export function only<Search extends object>(read: (raw: Record<string, unknown>) => Search) {
  return (raw: Record<string, unknown>): Search => ({
    ...Object.fromEntries(Object.keys(raw).map((key) => [key, undefined])),
    ...read(raw),
  });
}
