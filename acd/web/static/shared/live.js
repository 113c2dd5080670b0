// The live feed: one snapshot, then numbered deltas. What is lost is noticed and fetched anew.

import { api } from "./api.js";
import { Store } from "./store.js";

const EMPTY = { me: null, agents: {}, queues: {}, contacts: {}, messages: [], typing: {} };
const FIRST_DELAY_MS = 300;
const LONGEST_DELAY_MS = 8_000;
const SILENT_MS = 25_000; // the server says something every ten seconds

/** Lay a delta over what is known. A document that is null is gone; messages are told by id. */
export function merge(data, delta) {
  const merged = { ...data };
  if ("me" in delta) merged.me = delta.me;
  for (const kind of ["agents", "queues", "contacts", "typing"]) {
    if (!delta[kind]) continue;
    merged[kind] = { ...data[kind] };
    for (const [id, document] of Object.entries(delta[kind])) {
      if (document === null) delete merged[kind][id];
      else merged[kind][id] = document;
    }
  }
  if (delta.messages?.length) {
    const known = new Map(data.messages.map((message) => [message.id, message]));
    for (const message of delta.messages) known.set(message.id, message);
    merged.messages = [...known.values()];
  }
  return merged;
}

/**
 * A connection that comes back by itself.
 *
 * `data` holds the documents; `status` is "connecting", "online", "offline" or "signed-out".
 */
export class Live {
  data = new Store(EMPTY);
  status = new Store("connecting");
  #topic;
  #socket = null;
  #seq = 0;
  #delay = FIRST_DELAY_MS;
  #timer = 0;
  #watch = 0;
  #wanted = false;

  constructor(topic) {
    this.#topic = topic;
    addEventListener("online", () => this.#wanted && !this.#socket && this.#connect());
    addEventListener("offline", () => this.#socket?.close());
  }

  start() {
    this.#wanted = true;
    this.#connect();
  }

  stop() {
    this.#wanted = false;
    clearTimeout(this.#timer);
    this.#socket?.close();
    this.data.value = EMPTY;
  }

  #connect() {
    clearTimeout(this.#timer);
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${location.host}/api/v1/live?topics=${this.#topic}`);
    this.#socket = socket;
    this.#listen(socket);
    socket.onmessage = ({ data }) => {
      this.#listen(socket);
      this.#take(JSON.parse(data), socket);
    };
    socket.onclose = ({ code }) => {
      if (this.#socket === socket) this.#lost(code);
    };
  }

  // A cable pulled out closes no socket: silence beyond the server's heartbeat counts as loss.
  #listen(socket) {
    clearTimeout(this.#watch);
    this.#watch = setTimeout(() => {
      if (this.#socket !== socket) return;
      socket.close();
      this.#lost(1006);
    }, SILENT_MS);
  }

  #take(frame, socket) {
    if (frame.type === "snapshot") {
      this.#seq = frame.seq;
      this.data.value = { ...EMPTY, ...frame.data };
      this.#delay = FIRST_DELAY_MS;
      this.status.value = "online";
    } else if (frame.type === "delta") {
      if (frame.seq <= this.#seq) return;
      if (frame.seq !== this.#seq + 1) {
        socket.close(); // something was lost: the next snapshot has it
        return;
      }
      this.#seq = frame.seq;
      this.data.value = merge(this.data.value, frame.data);
    }
  }

  #lost(code) {
    this.#socket = null;
    clearTimeout(this.#watch);
    if (!this.#wanted) return;
    if (code === 4401) { // the server's word for: your session has ended
      this.status.value = "signed-out";
      return;
    }
    this.status.value = "offline";
    this.#askWhy();
    this.#timer = setTimeout(() => this.#connect(), this.#delay * (0.75 + Math.random() / 2));
    this.#delay = Math.min(this.#delay * 2, LONGEST_DELAY_MS);
  }

  // A refused upgrade looks to a page like a dead network: asking plainly tells the two apart.
  async #askWhy() {
    try {
      await api.get("/session");
    } catch (error) {
      if (error.status === 401 && this.#wanted) this.status.value = "signed-out";
    }
  }
}
