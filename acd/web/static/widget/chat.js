// The chat widget. A site includes it with one tag:
//
//   <script type="module" src="https://acd.example/widget/chat.js" data-address="site"></script>
//
// data-address: what follows "widget:" in numbers.toml; "site" by default.
// data-lang:    "en" or "es"; else the page's or the browser's language.
// data-theme:   "light" or "dark"; else what the browser prefers.
// data-name, data-email: of a customer whom the site knows.
//
// Whatever anybody writes is shown as text, never as markup.
import { Choices } from "./choices.js";
import { Connection } from "./connection.js";
import { STYLE } from "./style.js";
import { TEXTS, translator } from "./texts.js";

const TYPING_SHOWN = 5000;
const CHAT = "M4 4h16a2 2 0 0 1 2 2v9a2 2 0 0 1-2 2H9l-5 4v-4a2 2 0 0 1-2-2V6a2 2 0 0 1 2-2z";
const CLIP = "M8 12.5l6.5-6.5a3 3 0 0 1 4.3 4.3L10 19a5 5 0 0 1-7-7l8-8";

/** Make an element; strings among the children become text. */
function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

function icon(path) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const shape = document.createElementNS("http://www.w3.org/2000/svg", "path");
  shape.setAttribute("d", path);
  svg.append(shape);
  return svg;
}

function sizeOf(bytes) {
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1048576) return `${Math.round(bytes / 1024)} kB`;
  return `${Math.round(bytes / 104857.6) / 10} MB`;
}

export class AcdChat extends HTMLElement {
  #shadow = this.attachShadow({ mode: "open" });
  #shown = new Map(); // id of a message to its element
  #unread = 0;
  #choices = new Choices();
  #isAsked = false; // a flow waits for an answer
  #agent = "";
  #largest = 10485760;

  connectedCallback() {
    if (this.connection) return;
    const given = this.dataset;
    const wanted = given.lang || document.documentElement.lang || navigator.language || "en";
    this.language = wanted.slice(0, 2).toLowerCase() in TEXTS ? wanted.slice(0, 2).toLowerCase() : "en";
    this.t = translator(this.language);
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    this.#shadow.adoptedStyleSheets = [sheet];
    this.base = new URL(given.server || ".", import.meta.url);
    const url = new URL("chat", this.base);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    this.connection = new Connection(url.href, `widget:${given.address || "site"}`);
    this.connection.addEventListener("frame", ({ detail }) => this.#take(detail));
    this.connection.addEventListener("online", ({ detail }) => this.#setOnline(detail));
    this.connection.addEventListener("outbox", () => this.#showOutbox());
    this.#build();
    if (this.connection.isKnown) {
      this.#showOutbox();
      this.#connect(); // a conversation goes on: what is new shows on the button
    }
    if (this.connection.shelf.get("open") === "yes") this.open({ focus: false });
  }

  // --- building ---------------------------------------------------------------------------------

  #build() {
    const { t } = this;
    this.badge = make("span", { class: "badge", hidden: true });
    this.launcher = make(
      "button",
      { class: "launcher", type: "button", "aria-label": t("open"), "aria-expanded": "false", onclick: () => this.open() },
      icon(CHAT), t("title"), this.badge,
    );
    this.ending = make("button", { type: "button", hidden: true, onclick: () => this.connection.leave() }, t("end"));
    this.offline = make("p", { class: "notice offline", role: "alert", hidden: true }, t("offline"));
    this.standing = make("p", { class: "notice", role: "status", hidden: true });
    this.log = make(
      "div",
      { class: "log", role: "log", "aria-live": "polite", "aria-label": t("conversation"), tabindex: "0" },
      make("p", { class: "greeting" }, t("greeting")),
    );
    this.offered = make("div", { class: "choices", role: "group", "aria-label": t("choices"), hidden: true });
    this.log.append(this.offered);
    this.typing = make("p", { class: "typing", "aria-live": "polite" });
    this.panel = make(
      "section",
      { class: "panel", role: "dialog", "aria-label": t("title"), hidden: true, onkeydown: (event) => event.key === "Escape" && this.close() },
      make(
        "header", {},
        make("h2", {}, t("title")), this.ending,
        make("button", { class: "icon", type: "button", "aria-label": t("minimise"), title: t("minimise"), onclick: () => this.close() }, "×"),
      ),
      this.offline, this.standing, this.log, this.typing, this.#form(),
    );
    this.#shadow.append(this.launcher, this.panel);
  }

  #form() {
    const { t } = this;
    const known = this.dataset;
    this.name = make("input", { name: "name", autocomplete: "name", maxlength: "100" });
    this.email = make("input", { name: "email", type: "email", autocomplete: "email", maxlength: "200" });
    this.name.value = known.name || this.connection.shelf.get("name");
    this.email.value = known.email || this.connection.shelf.get("email");
    this.start = make(
      "div",
      { class: "start", hidden: this.connection.isKnown || Boolean(known.name && known.email) },
      make("label", {}, t("name"), this.name),
      make("label", {}, t("email"), this.email),
    );
    this.input = make("textarea", {
      rows: "1", maxlength: "4000", placeholder: t("message"), "aria-label": t("message"),
      oninput: () => this.#typed(), onkeydown: (event) => this.#key(event),
    });
    this.file = make("input", { type: "file", class: "away", tabindex: "-1", "aria-hidden": "true", onchange: () => this.#attach() });
    return make(
      "form",
      { novalidate: true, onsubmit: (event) => { event.preventDefault(); this.#send(); } },
      this.start, this.file,
      make(
        "div", { class: "row" },
        make("button", { class: "attach", type: "button", "aria-label": t("attach"), title: t("attach"), onclick: () => this.file.click() }, icon(CLIP)),
        this.input,
        make("button", { class: "send", type: "submit" }, t("send")),
      ),
    );
  }

  // --- opening and closing ----------------------------------------------------------------------

  open({ focus = true } = {}) {
    this.panel.hidden = false;
    this.launcher.hidden = true;
    this.launcher.setAttribute("aria-expanded", "true");
    this.connection.shelf.set("open", "yes");
    this.#setUnread(0);
    this.log.scrollTop = this.log.scrollHeight;
    if (focus) (this.start.hidden ? this.input : this.name).focus();
  }

  close() {
    this.panel.hidden = true;
    this.launcher.hidden = false;
    this.launcher.setAttribute("aria-expanded", "false");
    this.connection.shelf.set("open", "no");
    this.launcher.focus();
  }

  #connect() {
    this.connection.open({ name: this.name.value.trim(), email: this.email.value.trim(), language: this.language });
  }

  // --- what the customer does -------------------------------------------------------------------

  #send() {
    const text = this.input.value.trim();
    if (!text) return;
    this.#write(text);
    this.input.value = "";
    this.#typed({ tell: false });
    this.input.focus();
  }

  #choose(key) {
    this.#write(key);
    const isTouched = matchMedia("(pointer: coarse)").matches; // no keyboard over half the screen
    (isTouched ? this.log : this.input).focus();
  }

  #write(text) {
    this.connection.shelf.set("name", this.name.value.trim());
    this.connection.shelf.set("email", this.email.value.trim());
    this.start.hidden = true;
    this.connection.say(text);
    this.#connect();
  }

  #key(event) {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      this.#send();
    }
  }

  #typed({ tell = true } = {}) {
    this.input.style.height = "auto";
    this.input.style.height = `${this.input.scrollHeight + 2}px`;
    if (tell && this.connection.isOnline) this.connection.typing();
  }

  async #attach() {
    const [file] = this.file.files;
    this.file.value = "";
    if (!file) return;
    if (file.size > this.#largest) {
      this.#say(this.t("file-too-large", { size: sizeOf(this.#largest) }));
      return;
    }
    this.start.hidden = true;
    this.#connect();
    this.#say(this.t("uploading", { name: file.name }));
    try {
      await this.#online();
      const attachment = await this.connection.upload(file);
      this.connection.say("", [attachment.id]);
      this.#say("");
    } catch {
      this.#say(this.t("file-failed"));
    }
  }

  #online() {
    if (this.connection.isOnline) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error("offline")), 10000);
      this.connection.addEventListener("online", () => { clearTimeout(late); resolve(); }, { once: true });
    });
  }

  // --- what the server says ---------------------------------------------------------------------

  #take(frame) {
    switch (frame.type) {
      case "welcome":
        this.#largest = frame.largest_file ?? this.#largest;
        break;
      case "message":
        this.#show(frame);
        break;
      case "state":
        this.#setStanding(frame);
        break;
      case "typing":
        this.#showTyping();
        break;
      case "error":
        if (frame.id && !frame.retry) this.#failed(frame);
        break;
    }
  }

  #setStanding({ state, name = "" }) {
    this.#agent = name;
    this.#isAsked = state === "asked";
    this.ending.hidden = !["asked", "waiting", "active"].includes(state);
    const text = { waiting: "waiting", active: "active", closed: "ended" }[state];
    this.#say(text ? this.t(text, { name }) : "");
    this.#offer();
  }

  /** Show what may be chosen now, below everything that was said. */
  #offer() {
    const isAtEnd = this.#isAtEnd;
    this.#choices.draw(this.offered, this.#isAsked, (key) => this.#choose(key));
    if (this.log.lastChild !== this.offered) this.log.append(this.offered);
    if (isAtEnd) this.log.scrollTop = this.log.scrollHeight;
  }

  get #isAtEnd() {
    return this.log.scrollHeight - this.log.scrollTop - this.log.clientHeight < 80;
  }

  #say(text) {
    this.standing.textContent = text;
    this.standing.hidden = !text;
  }

  #setOnline(isOnline) {
    this.offline.hidden = isOnline;
    this.toggleAttribute("data-online", isOnline);
  }

  #showTyping() {
    this.typing.textContent = this.t("typing", { name: this.#agent || this.t("somebody") });
    clearTimeout(this.typingEnds);
    this.typingEnds = setTimeout(() => { this.typing.textContent = ""; }, TYPING_SHOWN);
  }

  #show(message) {
    if (this.#shown.has(message.id) && !this.#shown.get(message.id).classList.contains("pending")) return;
    const isMine = message.author === "customer";
    const isAtEnd = this.#isAtEnd;
    this.#choices.take(message);
    const element = this.#bubble(message, isMine ? this.t("you") : message.name || this.t("us"), isMine);
    const pending = this.#shown.get(message.id);
    pending?.remove();
    const first = this.log.querySelector(".pending"); // what is not sent yet stays last
    this.log.insertBefore(element, first ?? this.offered);
    this.#offer();
    this.#shown.set(message.id, element);
    if (!isMine) this.typing.textContent = "";
    if (isAtEnd || isMine) this.log.scrollTop = this.log.scrollHeight;
    if (this.panel.hidden && !isMine) this.#setUnread(this.#unread + 1);
  }

  #bubble({ id, text, at, attachments = [] }, who, isMine) {
    const when = new Date(at).toLocaleTimeString(this.language, { hour: "2-digit", minute: "2-digit" });
    const body = make("div", { class: "text", dir: "auto" }, isMine ? this.#choices.shown({ id, text }) : text);
    for (const { id, name, size } of attachments) {
      if (!name) continue; // not known yet
      const href = new URL(`files/${encodeURIComponent(id)}`, this.base).href;
      body.append(make("a", { href, download: name, rel: "noopener" }, this.t("file", { name, size: sizeOf(size) })));
    }
    return make("div", { class: isMine ? "message mine" : "message" }, make("div", { class: "who", dir: "auto" }, `${who}, ${when}`), body);
  }

  #showOutbox() {
    const waiting = this.connection.outbox;
    for (const { id, at, text } of waiting) {
      if (this.#shown.has(id)) continue;
      this.#choices.send({ id, text });
      const element = this.#bubble({ id, text, at }, this.t("you"), true);
      element.classList.add("pending");
      element.firstChild.append(` · ${this.t("sending")}`);
      this.log.append(element);
      this.#offer();
      this.#shown.set(id, element);
      this.log.scrollTop = this.log.scrollHeight;
    }
  }

  #failed({ id, code }) {
    const element = this.#shown.get(id);
    if (element) element.firstChild.textContent = this.t("failed", { reason: this.t(code) });
  }

  #setUnread(count) {
    this.#unread = count;
    this.badge.textContent = String(count);
    this.badge.hidden = count === 0;
    const label = this.t("open") + (count ? `, ${this.t("unread", { count })}` : "");
    this.launcher.setAttribute("aria-label", label);
  }
}

if (!customElements.get("acd-chat")) {
  customElements.define("acd-chat", AcdChat);
  const script = [...document.scripts].find((each) => each.src === import.meta.url);
  if (script) {
    const chat = document.createElement("acd-chat");
    Object.assign(chat.dataset, script.dataset);
    const mount = () => document.body.append(chat);
    if (document.body) mount();
    else addEventListener("DOMContentLoaded", mount);
  }
}
