// Texts on their way to the server. They are kept in the browser until the server has them: each
// has a key of its own, so that one sent twice is still one message.

import { api, seg } from "../shared/api.js";
import { kept } from "../shared/store.js";
import { live } from "./feed.js";

const AGAIN_MS = 3_000;

/**
 * `[{ contact, key, text, attachments, at, problem, isTaken }]`: `problem` is why it was refused;
 * one that was taken stays until the feed shows it, so that it never vanishes from the screen.
 */
export const unsent = kept("unsent", []);

live.data.subscribe(({ messages }) => {
  const shown = new Set(messages.map(({ key }) => key));
  if (unsent.value.some(({ key }) => shown.has(key))) {
    unsent.value = unsent.value.filter(({ key }) => !shown.has(key));
  }
});

let isSending = false;
let timer = 0;

/** Take a text over; it is sent now or as soon as the server can be reached. */
export function send(contact, text, attachments = []) {
  const message = { contact, key: crypto.randomUUID(), text, attachments, at: Date.now() };
  unsent.value = [...unsent.value, message];
  flush();
}

/** Try what is left, in order. */
export async function flush() {
  clearTimeout(timer);
  if (isSending) return;
  isSending = true;
  try {
    for (;;) {
      const next = unsent.value.find((one) => !one.problem && !one.isTaken);
      if (!next) break;
      await deliver(next);
    }
  } catch {
    timer = setTimeout(flush, AGAIN_MS);
  } finally {
    isSending = false;
  }
}

// The server takes a key once: a repeat, because only the answer was lost, changes nothing.
async function deliver({ contact, key, text, attachments }) {
  const body = { key, text, attachments: attachments.map((file) => file.id) };
  try {
    await api.post(`/contacts/${seg(contact)}/messages`, body);
    change(key, { isTaken: true });
  } catch (error) {
    if (error.isPassing || error.status === 401) throw error;
    else change(key, { problem: error.code });
  }
}

/** Forget a text that was refused. */
export function drop(key) {
  unsent.value = unsent.value.filter((message) => message.key !== key);
}

/** Send a text again that was refused. */
export function retry(key) {
  change(key, { problem: undefined });
  flush();
}

function change(key, some) {
  unsent.value = unsent.value.map((one) => (one.key === key ? { ...one, ...some } : one));
}

// --- drafts: kept in the browser with each key that is pressed -------------------------------------

/** The draft of a contact. */
export const draftOf = (contact) => localStorage.getItem(`acd.draft.${contact}`) ?? "";

/** Keep a draft. */
export function keepDraft(contact, text) {
  if (text) localStorage.setItem(`acd.draft.${contact}`, text);
  else localStorage.removeItem(`acd.draft.${contact}`);
}
