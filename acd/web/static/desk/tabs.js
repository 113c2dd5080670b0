// The contacts in hand, one tab each, with what was not read yet.

import { html, Icon, useNow, useRef } from "../shared/dom.js";
import { duration, since, t, word } from "../shared/i18n.js";
import { chosen, nameOf, unreadCount } from "./feed.js";

const COLOURS = { active: "accent", wrapup: "warn", held: "", offered: "good" };

export function Tabs({ works, data, current }) {
  const now = useNow();
  const list = useRef();
  const moved = (event) => {
    const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const at = works.findIndex(({ contact }) => contact === current);
    const next = (at + step + works.length) % works.length;
    chosen.value = works[next].contact;
    list.current.querySelectorAll("[role=tab]")[next].focus();
  };
  if (!works.length) return null;
  return html`<div class="tabs" role="tablist" aria-label=${t("contacts")} ref=${list}
    onKeyDown=${moved}>
    ${works.map((work, at) => html`<${Tab} key=${work.contact} work=${work} now=${now} at=${at}
      count=${unreadCount(data, work.contact)} isTyping=${isTyping(data, work.contact, now)}
      isCurrent=${work.contact === current} />`)}</div>`;
}

/** Whether the customer is writing at this moment. */
export function isTyping(data, contact, now) {
  const mark = data.typing[contact];
  return mark?.who === "customer" && Date.parse(mark.until) > now;
}

function Tab({ work, now, at, count, isTyping: writes, isCurrent }) {
  const name = nameOf(work.document) || t("unknown");
  return html`<button type="button" role="tab" id=${`tab-${work.contact}`} class="tab"
    aria-selected=${String(isCurrent)} aria-controls="contact" tabindex=${isCurrent ? 0 : -1}
    title=${at < 9 ? `Alt ${at + 1}` : null} onClick=${() => (chosen.value = work.contact)}>
    <${Icon} name=${work.channel} label=${word("channel", work.channel)} />
    <span class="tab-text"><span class="one-line">${name}</span>
      <span class="one-line quiet-text">${writes ? t("typing") : work.queue}</span></span>
    <span class="tab-end">
      ${count > 0 && html`<span class="badge" aria-label=${t("unread", { count })}>${count}</span>`}
      <span class="number tag ${COLOURS[work.state]}" title=${word("state", work.state)}>
        ${duration(since(work.since, now))}</span></span>
  </button>`;
}
