// Keys that work wherever no text is being written, and the help on them ("?").

import { Dialog, html, useEffect, useState } from "./dom.js";
import { t } from "./i18n.js";

const writes = (element) =>
  element?.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(element?.tagName ?? "");

/**
 * Listen for keys while drawn.
 *
 * `shortcuts` is a list of `{ key, text, run, alt }`: `key` as in KeyboardEvent.key (lower case);
 * with `alt` it also works while a text is written.
 */
export function useShortcuts(shortcuts) {
  useEffect(() => {
    const pressed = (event) => {
      if (event.ctrlKey || event.metaKey || event.isComposing) return;
      if (document.querySelector("dialog[open]")) return;
      const key = event.altKey && /^(Key|Digit)/.test(event.code)
        ? event.code.replace(/^(Key|Digit)/, "").toLowerCase() : event.key.toLowerCase();
      const found = shortcuts.find((one) => one.key === key && Boolean(one.alt) === event.altKey);
      if (!found?.run || (!found.alt && writes(document.activeElement))) return;
      event.preventDefault();
      found.run();
    };
    document.addEventListener("keydown", pressed);
    return () => document.removeEventListener("keydown", pressed);
  });
}

/** The help; `shortcuts` as above, with "?" added. */
export function ShortcutHelp({ shortcuts, onClose }) {
  const rows = [...shortcuts.filter((one) => one.text), { key: "?", text: t("shortcut.help") }];
  return html`<${Dialog} title=${t("shortcuts")} onClose=${onClose}>
    <div class="shortcuts">${rows.map(({ key, text, alt }) => html`
      <span>${alt && html`<kbd>Alt</kbd> `}<kbd>${key.length === 1 ? key.toUpperCase() : key}</kbd></span>
      <span>${text}</span>`)}</div>
  </${Dialog}>`;
}

/** Keep the help: returns what to draw, and opens on "?". */
export function useShortcutHelp(shortcuts) {
  const [isOpen, open] = useState(false);
  useShortcuts([...shortcuts, { key: "?", run: () => open(true) }]);
  return [isOpen && html`<${ShortcutHelp} shortcuts=${shortcuts} onClose=${() => open(false)} />`,
    () => open(true)];
}
