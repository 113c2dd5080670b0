// What pages are drawn with. `html` makes text nodes of whatever text it is given: nothing that
// came from outside is ever read as HTML.

import { html, render, useEffect, useRef, useState } from "../vendor/preact.js";
import { t } from "./i18n.js";

export { html, render };
export { useCallback, useEffect, useErrorBoundary, useLayoutEffect, useMemo, useRef, useState }
  from "../vendor/preact.js";

/** Draw again whenever a store changes; `pick` narrows what is looked at. */
export function useStore(store, pick = (value) => value) {
  const [, again] = useState(0);
  const seen = useRef();
  seen.current = pick(store.value);
  useEffect(() => store.subscribe((value) => {
    if (!Object.is(pick(value), seen.current)) again((count) => count + 1);
  }), [store]);
  return seen.current;
}

/** Now, in milliseconds; draws again every `period`. */
export function useNow(period = 1000) {
  const [now, tick] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => tick(Date.now()), period);
    return () => clearInterval(timer);
  }, [period]);
  return now;
}

const PATHS = {
  voice: "M5 3h4l2 5-3 2a12 12 0 0 0 6 6l2-3 5 2v4a2 2 0 0 1-2 2A17 17 0 0 1 3 5a2 2 0 0 1 2-2z",
  chat: "M4 4h16v12H9l-5 4z",
  mail: "M3 5h18v14H3z M3 6l9 7 9-7",
  sms: "M4 4h16v12H9l-5 4z M8 10h.01 M12 10h.01 M16 10h.01",
  messaging: "M4 4h16v12H9l-5 4z M8 8h8 M8 12h5",
  missed: "M3 7l9 9 9-9 M3 13V7h6",
  end: "M3 14c5-5 13-5 18 0l-3 3-3-2v-3a12 12 0 0 0-6 0v3l-3 2z",
  mute: "M9 9V6a3 3 0 0 1 6 0v5 M15 14a3 3 0 0 1-6-1 M5 11a7 7 0 0 0 12 5 M19 11v1 M12 18v3 M4 3l17 18",
  mic: "M12 3a3 3 0 0 1 3 3v6a3 3 0 0 1-6 0V6a3 3 0 0 1 3-3z M5 11a7 7 0 0 0 14 0 M12 18v3",
  hold: "M8 5v14 M16 5v14",
  keypad: "M6 6h.01 M12 6h.01 M18 6h.01 M6 12h.01 M12 12h.01 M18 12h.01 M6 18h.01 M12 18h.01 M18 18h.01",
  transfer: "M4 8h13 M13 4l4 4-4 4 M20 16H7 M11 12l-4 4 4 4",
  send: "M3 11l18-8-8 18-2-8z",
  clip: "M20 11l-8 8a5 5 0 0 1-7-7l9-9a3.5 3.5 0 0 1 5 5l-9 9a2 2 0 0 1-3-3l8-8",
  check: "M4 12l5 6L20 6",
  close: "M5 5l14 14 M19 5L5 19",
  user: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8z M4 21a8 8 0 0 1 16 0",
  down: "M6 9l6 6 6-6",
  help: "M9 9a3 3 0 1 1 4 3c-1 .5-1 1-1 2 M12 18h.01",
  headset: "M4 14v-2a8 8 0 0 1 16 0v2 M4 14h3v5H5a1 1 0 0 1-1-1z M20 14h-3v5h2a1 1 0 0 0 1-1z",
  reply: "M10 5l-6 6 6 6 M4 11h9a7 7 0 0 1 7 7",
  plus: "M12 5v14 M5 12h14",
  minus: "M5 12h14",
  play: "M7 4l13 8-13 8z",
  lines: "M4 6h16 M4 12h16 M4 18h10",
};

/** A small drawing; decoration unless `label` says what it means. */
export function Icon({ name, size = 16, label = "" }) {
  return html`<svg width=${size} height=${size} viewBox="0 0 24 24" fill="none"
    stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"
    role=${label ? "img" : null} aria-label=${label || null} aria-hidden=${label ? null : "true"}>
    <path d=${PATHS[name] ?? PATHS.lines} /></svg>`;
}

/** A button with a drawing instead of words; `label` is what it is called. */
export function IconButton({ icon, label, ...others }) {
  return html`<button type="button" class="button icon quiet" title=${label} aria-label=${label}
    ...${others}><${Icon} name=${icon} /></button>`;
}

/** A button that opens a list of choices; Escape and a click elsewhere close it. */
export function Menu({ label, title, align = "", children, ...others }) {
  const [isOpen, open] = useState(false);
  const box = useRef();
  useEffect(() => {
    if (!isOpen) return undefined;
    const away = (event) => box.current?.contains(event.target) || open(false);
    const escape = (event) => {
      if (event.key !== "Escape") return;
      open(false);
      box.current?.querySelector("button")?.focus();
    };
    document.addEventListener("pointerdown", away);
    document.addEventListener("keydown", escape);
    return () => {
      document.removeEventListener("pointerdown", away);
      document.removeEventListener("keydown", escape);
    };
  }, [isOpen]);
  const chosen = (event) => event.target.closest(".choice") && open(false);
  const moved = (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const choices = [...(box.current?.querySelectorAll(".choice") ?? [])];
    if (!step || !choices.length) return;
    event.preventDefault();
    const at = choices.indexOf(document.activeElement);
    choices[(at + step + choices.length) % choices.length].focus();
  };
  return html`<div class="menu" ref=${box} onKeyDown=${moved}>
    <button type="button" class="button quiet" aria-expanded=${String(isOpen)} title=${title}
      aria-label=${title} onClick=${() => open(!isOpen)} ...${others}>${label}</button>
    ${isOpen && html`<div class="card ${align}" onClick=${chosen}>${children}</div>`}
  </div>`;
}

/** A dialog over the page; it is there as long as it is drawn. */
export function Dialog({ title, onClose, children }) {
  const ref = useRef();
  useEffect(() => {
    const before = document.activeElement;
    ref.current.showModal();
    return () => before?.isConnected && before.focus();
  }, []);
  return html`<dialog ref=${ref} aria-label=${title} onClose=${onClose}>
    <header><h2>${title}</h2>
      <${IconButton} icon="close" label=${t("close")} onClick=${onClose} /></header>
    <div class="body">${children}</div>
  </dialog>`;
}

/** Parts of a text that are web addresses become links, the rest stays text. */
export function Linked({ text }) {
  const parts = String(text).split(/(https?:\/\/[^\s<>"']+)/g);
  return parts.map((part, at) => at % 2
    ? html`<a href=${part} target="_blank" rel="noopener noreferrer nofollow">${part}</a>` : part);
}
