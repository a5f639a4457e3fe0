/** Reads a value that this browser keeps, or the fallback when there is none that passes the guard. */
export function stored<T>(key: string, isValue: (value: unknown) => value is T, fallback: T): T {
  return parsed(() => localStorage.getItem(`stroem.${key}`), isValue) ?? fallback;
}

/** Keeps a value in this browser, or with `undefined` forgets it. A full or forbidden storage keeps nothing. */
export function store(key: string, value: unknown): void {
  try {
    if (value === undefined) localStorage.removeItem(`stroem.${key}`);
    else localStorage.setItem(`stroem.${key}`, JSON.stringify(value));
  } catch {
    return;
  }
}

/** Reads a value that this tab keeps until it is closed; what does not pass the guard counts as absent. */
export function storedInTab<T>(key: string, isValue: (value: unknown) => value is T): T | undefined {
  return parsed(() => sessionStorage.getItem(`stroem.${key}`), isValue);
}

export function isText(value: unknown): value is string {
  return typeof value === "string";
}

export function isFlag(value: unknown): value is boolean {
  return typeof value === "boolean";
}

export function isListOf<T>(isItem: (value: unknown) => value is T) {
  return (value: unknown): value is T[] => Array.isArray(value) && value.every(isItem);
}

function parsed<T>(read: () => string | null, isValue: (value: unknown) => value is T): T | undefined {
  try {
    const value: unknown = JSON.parse(read() ?? "null");
    return isValue(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Keeps a value in this tab over reloads, or with `undefined` forgets it; false if it is not kept. */
export function storeInTab(key: string, value: unknown): boolean {
  try {
    if (value === undefined) sessionStorage.removeItem(`stroem.${key}`);
    else sessionStorage.setItem(`stroem.${key}`, JSON.stringify(value));
    return true;
  } catch {
    return value === undefined;
  }
}
