// The chat's connection: what is written is kept in the browser until the server says that it has
// it, and sent again until then, over as many sockets as it takes. Its id makes it one message.

const PAUSES = [500, 1000, 2000, 5000, 10000];
const PING_EVERY = 15000;
const PONG_WITHIN = 10000;
const CHUNK = 32 * 1024;

/** What the browser keeps of one widget; survives reload and is shared by the tabs of a site. */
class Shelf {
  constructor(prefix) {
    this.prefix = prefix;
    this.fallback = new Map(); // where storage is forbidden the chat works until the page goes
  }

  get(key) {
    try {
      return localStorage.getItem(this.prefix + key) ?? this.fallback.get(key) ?? "";
    } catch {
      return this.fallback.get(key) ?? "";
    }
  }

  set(key, text) {
    this.fallback.set(key, text);
    try {
      localStorage.setItem(this.prefix + key, text);
    } catch {
      /* the fallback has it */
    }
  }

  remove(key) {
    this.fallback.delete(key);
    try {
      localStorage.removeItem(this.prefix + key);
    } catch {
      /* the fallback had it */
    }
  }

  keys() {
    const found = new Set(this.fallback.keys());
    try {
      for (let i = 0; i < localStorage.length; i += 1) {
        const key = localStorage.key(i);
        if (key.startsWith(this.prefix)) found.add(key.slice(this.prefix.length));
      }
    } catch {
      /* the fallback's only */
    }
    return [...found];
  }
}

/**
 * Tells by events: "frame" (detail: a frame of the server), "online" (detail: boolean),
 * "outbox" (what is not acknowledged has changed).
 */
export class Connection extends EventTarget {
  constructor(url, address) {
    super();
    this.url = url;
    this.address = address;
    this.shelf = new Shelf(`acd-chat:${url}:${address}:`);
    this.last = 0;
    this.hello = {};
    this.isWanted = false;
    this.isOnline = false;
    this.attempt = 0;
    this.uploads = new Map();
    addEventListener("online", () => this.#now());
    addEventListener("pagehide", () => this.socket?.close());
    addEventListener("pageshow", (event) => event.persisted && this.#now());
  }

  /** Whether there is a conversation to go on with. */
  get isKnown() {
    return this.shelf.get("token") !== "" || this.outbox.length > 0;
  }

  /** What is not acknowledged, oldest first. */
  get outbox() {
    return this.shelf
      .keys()
      .filter((key) => key.startsWith("out:"))
      .map((key) => JSON.parse(this.shelf.get(key) || "null"))
      .filter(Boolean)
      .sort((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1));
  }

  open(hello = {}) {
    this.hello = hello;
    this.isWanted = true;
    if (!this.socket) this.#connect();
  }

  /** Write something; it is on its way whatever happens. Returns its id. */
  say(text, attachments = []) {
    const id = crypto.randomUUID?.() ?? `${Date.now()}-${Math.random().toString(36).slice(2)}`;
    const at = Math.max(Date.now(), (this.outbox.at(-1)?.at ?? 0) + 1);
    this.shelf.set(`out:${id}`, JSON.stringify({ id, at, text, attachments }));
    this.#tell("outbox");
    this.#sendOne({ id, text, attachments });
    return id;
  }

  leave() {
    this.#send({ type: "leave", id: `leave-${Date.now()}` });
  }

  typing() {
    const now = Date.now();
    if (now - (this.typedAt ?? 0) < 3000) return;
    this.typedAt = now;
    this.#send({ type: "typing" });
  }

  /** Upload a file; resolves with what the server says of it. */
  async upload(file) {
    const id = `upload-${Date.now()}-${this.uploads.size}`;
    const socket = this.socket;
    const done = new Promise((resolve, reject) => this.uploads.set(id, { resolve, reject }));
    done.catch(() => {}); // looked at below; a refusal may come while parts are still sent
    this.#send({ type: "upload", id, name: file.name, size: file.size, media: file.type });
    for (let start = 0; start < file.size && this.uploads.has(id); start += CHUNK) {
      const part = await file.slice(start, start + CHUNK).arrayBuffer();
      while (socket?.bufferedAmount > 8 * CHUNK) {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      if (socket?.readyState !== WebSocket.OPEN) this.#endUpload(id, "reject", "file-failed");
      else socket.send(part);
    }
    return done;
  }

  #endUpload(id, how, value) {
    this.uploads.get(id)?.[how](value);
    this.uploads.delete(id);
  }

  #connect() {
    clearTimeout(this.retry);
    const socket = new WebSocket(this.url);
    this.socket = socket;
    socket.onopen = () => {
      const token = this.shelf.get("token");
      const hello = { type: "hello", address: this.address, ...this.hello, last: this.last };
      this.#send(token ? { ...hello, token } : { ...hello, last: 0 });
    };
    socket.onmessage = (event) => this.#take(JSON.parse(event.data));
    socket.onclose = () => this.#lost(socket);
  }

  #lost(socket) {
    if (this.socket !== socket) return;
    this.socket = undefined;
    clearInterval(this.pinging);
    clearTimeout(this.dying);
    for (const id of [...this.uploads.keys()]) this.#endUpload(id, "reject", "file-failed");
    this.#setOnline(false);
    if (!this.isWanted) return;
    const pause = PAUSES[Math.min(this.attempt, PAUSES.length - 1)];
    this.attempt += 1;
    this.retry = setTimeout(() => this.#connect(), pause * (0.75 + Math.random() / 2));
  }

  #now() {
    if (this.isWanted && !this.socket) this.#connect();
  }

  #take(frame) {
    clearTimeout(this.dying);
    switch (frame.type) {
      case "welcome":
        this.attempt = 0;
        this.shelf.set("token", frame.token);
        this.#setOnline(true);
        clearInterval(this.pinging);
        this.pinging = setInterval(() => this.#ping(), PING_EVERY);
        for (const one of this.outbox) this.#sendOne(one);
        break;
      case "message":
        this.last = Math.max(this.last, frame.seq);
        this.#forget(frame.id);
        break;
      case "ack":
        this.#forget(frame.id);
        break;
      case "uploaded":
        this.#endUpload(frame.id, "resolve", frame.attachment);
        break;
      case "error":
        this.#refused(frame);
        break;
    }
    this.#tell("frame", frame);
  }

  #refused(frame) {
    if (frame.code === "session-unknown") {
      this.shelf.remove("token"); // nothing was ever written in it: begin anew
      this.last = 0;
      this.attempt = 0;
    } else if (this.uploads.has(frame.id)) {
      this.#endUpload(frame.id, "reject", frame.code);
    } else if (frame.retry) {
      const one = this.outbox.find((each) => each.id === frame.id);
      if (one) setTimeout(() => this.#sendOne(one), 2000);
    } else if (frame.id) {
      this.#forget(frame.id);
    }
  }

  #forget(id) {
    if (!this.shelf.get(`out:${id}`)) return;
    this.shelf.remove(`out:${id}`);
    this.#tell("outbox");
  }

  #ping() {
    this.#send({ type: "ping" });
    clearTimeout(this.dying);
    const socket = this.socket;
    this.dying = setTimeout(() => {
      socket?.close();
      this.#lost(socket); // a dead network does not even close
    }, PONG_WITHIN);
  }

  #sendOne({ id, text, attachments }) {
    if (this.isOnline) this.#send({ type: "message", id, text, attachments });
  }

  #send(frame) {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(frame));
  }

  #setOnline(isOnline) {
    if (isOnline === this.isOnline) return;
    this.isOnline = isOnline;
    this.#tell("online", isOnline);
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
