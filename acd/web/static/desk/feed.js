// What the desk knows: the live feed of the agent's own work, and what is read from it.

import { api, seg } from "../shared/api.js";
import { Live } from "../shared/live.js";
import { kept, Store } from "../shared/store.js";

export const live = new Live("desk");

/** What the feed has just told of is in the API's lists after so long. */
export const SETTLED_MS = 400;

/** The contact that is looked at. */
export const chosen = new Store(null);

/** contact → `seq` of the newest message that was on the screen. */
const seen = kept("seen", {});

/** The agent's works with their contacts: offers first to expire first, the rest oldest first. */
export function worksOf(data) {
  const works = data.me?.works ?? [];
  return works
    .map((work) => ({ ...work, document: data.contacts[work.contact] ?? null }))
    .sort((one, other) => Date.parse(one.since) - Date.parse(other.since));
}

export const isOffer = (work) => work.state === "offered";

/** Messages of a contact in order. */
export function messagesOf(data, contact) {
  return data.messages
    .filter((message) => message.contact === contact)
    .sort((one, other) => one.seq - other.seq);
}

/** How many messages of the customer were not on the screen yet. */
export function unreadCount(data, contact) {
  const upto = seen.value[contact] ?? 0;
  return data.messages.filter(
    (message) => message.contact === contact && message.author === "customer" && message.seq > upto,
  ).length;
}

/** The messages of a contact are on the screen now. */
export function markSeen(data, contact) {
  const newest = Math.max(0, ...messagesOf(data, contact).map((message) => message.seq));
  if (newest > (seen.value[contact] ?? 0)) seen.patch({ [contact]: newest });
}

export const seenStore = seen;

/** Read a contact's messages from the start; the feed tells only those from now on. */
export async function loadMessages(contact) {
  const { messages } = await api.get(`/contacts/${seg(contact)}/messages`);
  takeMessages(messages);
}

/** Put messages that an answer told among those of the feed. */
export function takeMessages(messages) {
  const known = new Map(live.data.value.messages.map((message) => [message.id, message]));
  for (const message of messages) known.set(message.id, message);
  live.data.patch({ messages: [...known.values()] });
}

/** Who a contact is from, as people say it. */
export const nameOf = (document) => document?.customer?.name || document?.ani || "";
