/** Reads a value that this browser keeps, or the fallback when there is none or it cannot be read. */
export function stored<T>(key: string, fallback: T): T {
  try {
    const text = localStorage.getItem(`stroem.${key}`);
    return text === null ? fallback : (JSON.parse(text) as T);
  } catch {
    return fallback;
  }
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

/** Reads a value that this tab keeps until it is closed. */
export function storedInTab<T>(key: string): T | undefined {
  try {
    const text = sessionStorage.getItem(`stroem.${key}`);
    return text === null ? undefined : (JSON.parse(text) as T);
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
