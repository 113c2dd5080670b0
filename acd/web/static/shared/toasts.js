// Short words at the foot of the page: what was done, or why it could not be.

import { html, IconButton, useStore } from "./dom.js";
import { has, t } from "./i18n.js";
import { Store } from "./store.js";

const GONE_AFTER_MS = 6_000;
const toasts = new Store([]);
let count = 0;

/** Say something; `kind` is "" or "bad". */
export function say(text, kind = "") {
  const id = ++count;
  toasts.value = [...toasts.value, { id, text, kind }];
  setTimeout(() => drop(id), GONE_AFTER_MS);
}

/** Return what to tell a person of an error. */
export const told = (error) =>
  has(`error.${error.code}`) ? t(`error.${error.code}`) : error.message || String(error);

/** Do something that may be refused, and say so if it is; returns whether it was done. */
export async function attempt(action) {
  try {
    await action();
    return true;
  } catch (error) {
    say(told(error), "bad");
    return false;
  }
}

function drop(id) {
  toasts.value = toasts.value.filter((toast) => toast.id !== id);
}

export function Toasts() {
  return html`<div class="toasts" role="status" aria-live="polite">
    ${useStore(toasts).map(({ id, text, kind }) => html`<div key=${id} class="toast ${kind}">
      <span>${text}</span>
      <${IconButton} icon="close" label=${t("close")} onClick=${() => drop(id)} /></div>`)}
  </div>`;
}
