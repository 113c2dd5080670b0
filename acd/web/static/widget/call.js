// A button that calls from the page, with the browser's microphone. A site includes it with one tag
// where the button shall stand, or names an element of its own <acd-call data-number="…">:
//
//   <script type="module" src="https://acd.example/widget/call.js" data-number="300"></script>
//
// data-number: one of the numbers that `[chat] calls` lists; its first by default.
// data-lang:   "en" or "es"; else the page's or the browser's language.
// data-theme:  "light" or "dark"; else what the browser prefers.
// data-name:   of a customer whom the site knows.
import { CALL_STYLE } from "./callstyle.js";
import { STYLE } from "./style.js";
import { TEXTS, translator } from "./texts.js";

const HANDSET = "M6.6 3.2 9 8.1 6.9 9.9a14 14 0 0 0 7.2 7.2l1.8-2.1 4.9 2.4-.9 3.5c-.2.7-.8 1.1-1.5 1C9.6 21 3 14.4 2.1 5.6c-.1-.7.3-1.3 1-1.5z";
const KEYS = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "0", "#"];
const DTMF = { transportType: "RFC2833", duration: 120, interToneGap: 80 };
const AUDIO = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };
const STUN_FREE = { iceServers: [] }; // our own server has an address that browsers reach

function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false) element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

function handset() {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const shape = document.createElementNS("http://www.w3.org/2000/svg", "path");
  shape.setAttribute("d", HANDSET);
  svg.append(shape);
  return svg;
}

/** What went wrong, as a key of the texts. */
class Trouble extends Error {}

export class AcdCall extends HTMLElement {
  #shadow = this.attachShadow({ mode: "open" });
  #agent = null;
  #session = null;
  #attempt = 0; // of calling; what belongs to an earlier one is not ours any more
  #clock = 0;
  #sound = new Audio();

  connectedCallback() {
    if (this.t) return;
    const wanted = this.dataset.lang || document.documentElement.lang || navigator.language || "en";
    const language = wanted.slice(0, 2).toLowerCase();
    this.t = translator(language in TEXTS ? language : "en");
    this.base = new URL(this.dataset.server || ".", import.meta.url);
    this.#shadow.adoptedStyleSheets = [STYLE, CALL_STYLE].map((text) => {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(text);
      return sheet;
    });
    this.#build();
    addEventListener("pagehide", () => this.hangUp());
    addEventListener("offline", () => this.#session && this.#say("call-waning", true));
    addEventListener("online", () => this.#session && this.#tick());
  }

  disconnectedCallback() {
    this.hangUp();
  }

  #build() {
    const { t } = this;
    this.starting = make(
      "button", { class: "call", type: "button", onclick: () => this.call() }, handset(), t("call"),
    );
    this.muting = make(
      "button",
      { class: "tool", type: "button", "aria-pressed": "false", onclick: () => this.#toggleMute() },
      t("mute"),
    );
    this.opening = make(
      "button",
      { class: "tool", type: "button", "aria-expanded": "false", onclick: () => this.#toggleKeys() },
      t("keypad"),
    );
    this.tools = make(
      "div", { class: "row", hidden: true },
      make("button", { class: "hang", type: "button", onclick: () => this.hangUp() }, t("hang-up")),
      this.muting, this.opening,
    );
    this.keys = make(
      "div", { class: "keys", role: "group", "aria-label": t("keypad"), hidden: true },
      ...KEYS.map((key) => make("button", { type: "button", onclick: () => this.#press(key) }, key)),
    );
    this.state = make("p", { class: "state", role: "status" }, t("call-hint"));
    this.#shadow.append(make(
      "section", { class: "card", "aria-label": t("call-title") },
      this.starting, this.tools, this.state, this.keys,
    ));
  }

  // --- the call ---------------------------------------------------------------------------------

  /** Begin a call; whatever hinders it is said at the button. */
  async call() {
    if (this.#attempt > 0 && !this.tools.hidden) return;
    const attempt = (this.#attempt += 1);
    const isCurrent = () => attempt === this.#attempt;
    this.#sound.play().catch(() => null); // allowed while the click is fresh
    this.#show("call-connecting");
    let stream = null;
    try {
      stream = await microphone(); // first: without it nobody needs to be disturbed
      const [ticket, { default: JsSIP }] = await Promise.all([
        this.#ticket(), import(new URL("jssip.js", this.base).href),
      ]);
      if (!isCurrent()) throw new Trouble("call-over");
      this.#dial(JsSIP, ticket, stream, isCurrent);
    } catch (error) {
      stop(stream);
      if (isCurrent()) this.#over(error instanceof Trouble ? error.message : "call-failed");
    }
  }

  async #ticket() {
    const url = new URL("call", this.base);
    url.searchParams.set("number", this.dataset.number ?? "");
    url.searchParams.set("name", this.dataset.name ?? "");
    const reply = await fetch(url, { cache: "no-store" }).catch(() => {
      throw new Trouble("call-lost");
    });
    if (reply.status === 429) throw new Trouble("call-busy");
    if (!reply.ok) throw new Trouble("call-off");
    return reply.json();
  }

  #dial(JsSIP, ticket, stream, isCurrent) {
    const url = new URL(ticket.path, this.base);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    const agent = new JsSIP.UA({
      sockets: [new JsSIP.WebSocketInterface(url.href)], uri: ticket.uri, register: false,
      authorization_user: ticket.user, realm: ticket.realm, ha1: ticket.ha1, session_timers: false,
      display_name: ticket.name || null, user_agent: "acd page",
      connection_recovery_min_interval: 1, connection_recovery_max_interval: 4,
    });
    this.#agent = agent;
    agent.once("connected", () => isCurrent() && this.#invite(agent, ticket, stream, isCurrent));
    agent.on("disconnected", ({ error }) => {
      if (!isCurrent() || this.#agent !== agent) return;
      // A call that is up has its sound another way: it goes on while the line comes back.
      if (this.#session?.isEstablished()) this.#say("call-waning", true);
      else if (error) { stop(stream); this.#over("call-lost"); }
    });
    agent.on("connected", () => isCurrent() && this.#session?.isEstablished() && this.#tick());
    agent.start();
  }

  #invite(agent, ticket, stream, isCurrent) {
    const over = (key) => { stop(stream); if (isCurrent()) this.#over(key); };
    const session = agent.call(ticket.target, {
      mediaStream: stream, mediaConstraints: { audio: true, video: false }, pcConfig: STUN_FREE,
    });
    this.#session = session;
    session.connection.addEventListener("track", ({ streams }) => this.#play(streams[0]));
    session.connection.addEventListener("connectionstatechange", () => {
      if (session.connection?.connectionState !== "failed") return;
      over("call-lost"); // said before the end that follows from it
      session.terminate();
    });
    session.on("progress", () => isCurrent() && this.#say("call-ringing"));
    session.on("confirmed", () => {
      if (!isCurrent()) return;
      const since = Date.now();
      this.since = since;
      this.muting.disabled = this.opening.disabled = false;
      this.#clock = setInterval(() => this.#tick(), 1000);
      this.#tick();
    });
    session.on("ended", () => over("call-over"));
    session.on("failed", ({ cause }) => over({
      "Busy": "call-busy", "Canceled": "call-over", "Connection Error": "call-lost",
      "Request Timeout": "call-lost", "Unavailable": "call-busy",
    }[cause] ?? "call-failed"));
    this.#say("call-ringing");
  }

  /** End the call, at whatever stage it is. */
  hangUp() {
    if (this.tools.hidden) return;
    const session = this.#session;
    if (session && !session.isEnded()) session.terminate();
    else this.#over("call-over");
  }

  #over(key) {
    this.#attempt += 1;
    const agent = this.#agent;
    this.#agent = this.#session = this.#sound.srcObject = null;
    agent?.stop();
    clearInterval(this.#clock);
    this.tools.hidden = this.keys.hidden = true;
    this.starting.hidden = false;
    this.#say(key, key !== "call-over");
    if (this.#shadow.activeElement || document.activeElement === this) this.starting.focus();
  }

  #play(stream) {
    this.heard = stream;
    this.#sound.srcObject = stream;
    this.#sound.play().catch(() => this.#say("call-no-sound", true));
  }

  // --- what is seen -----------------------------------------------------------------------------

  #show(key) {
    const hadFocus = this.#shadow.activeElement === this.starting;
    this.starting.hidden = true;
    this.tools.hidden = false;
    this.muting.disabled = this.opening.disabled = true;
    this.muting.setAttribute("aria-pressed", "false");
    this.opening.setAttribute("aria-expanded", "false");
    if (hadFocus) this.tools.querySelector(".hang").focus();
    this.#say(key);
  }

  #say(key, isBad = false) {
    const text = this.t(key);
    this.state.classList.toggle("bad", isBad);
    if (this.state.textContent !== text) this.state.replaceChildren(text); // said aloud once
  }

  #tick() {
    const seconds = Math.floor((Date.now() - this.since) / 1000);
    const shown = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
    this.state.classList.remove("bad");
    const time = this.state.querySelector("time");
    if (time) time.textContent = shown;
    else {
      this.state.replaceChildren(
        make("span", { class: "dot", "aria-hidden": "true" }), `${this.t("call-up")} `,
        make("time", { "aria-hidden": "true" }, shown), // not read out every second
      );
    }
  }

  #toggleMute() {
    const isMuted = this.#session?.isMuted().audio;
    if (isMuted) this.#session.unmute({ audio: true });
    else this.#session?.mute({ audio: true });
    this.muting.setAttribute("aria-pressed", String(!isMuted));
  }

  #toggleKeys() {
    this.keys.hidden = !this.keys.hidden;
    this.opening.setAttribute("aria-expanded", String(!this.keys.hidden));
  }

  #press(key) {
    this.#session?.sendDTMF(key, DTMF);
    this.#sound.play().catch(() => null);
  }

  /** What the browser knows of the call's packets; for who looks for a fault, and for tests. */
  async stats() {
    const found = {};
    for (const [, one] of (await this.#session?.connection?.getStats()) ?? []) {
      if (["inbound-rtp", "outbound-rtp"].includes(one.type)) found[one.type] = one;
    }
    return found;
  }
}

/** Return the microphone's stream, or say why there is none. */
async function microphone() {
  if (!navigator.mediaDevices) throw new Trouble("call-insecure");
  try {
    return await navigator.mediaDevices.getUserMedia({ audio: AUDIO });
  } catch (error) {
    const isRefused = error.name === "NotAllowedError" || error.name === "SecurityError";
    throw new Trouble(isRefused ? "call-refused-microphone" : "call-no-microphone");
  }
}

function stop(stream) {
  for (const track of stream?.getTracks() ?? []) track.stop();
}

if (!customElements.get("acd-call")) {
  customElements.define("acd-call", AcdCall);
  const script = [...document.scripts].find((each) => each.src === import.meta.url);
  if (script) {
    const button = document.createElement("acd-call");
    Object.assign(button.dataset, script.dataset);
    if (document.body.contains(script)) script.after(button);
    else document.body.append(button); // a module runs when the page has been read
  }
}
