// A value that tells who reads it when it changes.

export class Store {
  #value;
  #readers = new Set();

  constructor(value) {
    this.#value = value;
  }

  get value() {
    return this.#value;
  }

  set value(value) {
    if (Object.is(value, this.#value)) return;
    this.#value = value;
    for (const reader of [...this.#readers]) reader(value);
  }

  /** Change some keys of an object. */
  patch(some) {
    this.value = { ...this.#value, ...some };
  }

  /** Call `reader` at each change; returns what ends that. */
  subscribe(reader) {
    this.#readers.add(reader);
    return () => this.#readers.delete(reader);
  }
}

/** A value that outlives the page, under `acd.` in the browser's storage. */
export function kept(key, fallback) {
  let value = fallback;
  try {
    value = JSON.parse(localStorage.getItem(`acd.${key}`)) ?? fallback;
  } catch {
    // Not ours, or cut short: begin anew.
  }
  const store = new Store(value);
  store.subscribe((now) => localStorage.setItem(`acd.${key}`, JSON.stringify(now)));
  return store;
}

/** Whether something that was written is kept under one of these beginnings. */
export function holdsKept(prefixes) {
  return Object.entries(localStorage).some(([key, text]) => text && text !== "[]"
    && prefixes.some((prefix) => key.startsWith(`acd.${prefix}`)));
}

/** Forget everything that tells of customers; whoever signs in next must not see it. */
export function forgetKept(prefixes) {
  for (const key of Object.keys(localStorage)) {
    if (prefixes.some((prefix) => key.startsWith(`acd.${prefix}`))) localStorage.removeItem(key);
  }
}
