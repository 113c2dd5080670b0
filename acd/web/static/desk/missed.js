// Missed calls: who called, got nobody, and was not dealt with since; called back or written to.

import { api, seg } from "../shared/api.js";
import { html, Icon, useEffect, useState, useStore } from "../shared/dom.js";
import { duration, moment, t, word } from "../shared/i18n.js";
import { kept, Store } from "../shared/store.js";
import { attempt } from "../shared/toasts.js";
import { changes } from "./card.js";
import { chosen, SETTLED_MS } from "./feed.js";
import { callOut } from "./phone.js";

const AGAIN_MS = 60_000; // others miss calls and deal with them, too

export const missed = new Store({ calls: [], can_write: false });
const isOpen = kept("missed.open", true);

async function refresh() {
  try {
    missed.value = await api.get("/missed");
  } catch {
    // The list stays as it was; the page tells of lost connections elsewhere.
  }
}

/** Keep the list up to date while drawn: after each change of `what`, and now and then. */
export function useMissed(what) {
  const changed = useStore(changes);
  useEffect(() => {
    const soon = setTimeout(refresh, SETTLED_MS);
    const timer = setInterval(() => globalThis.document.hidden || refresh(), AGAIN_MS);
    return () => {
      clearTimeout(soon);
      clearInterval(timer);
    };
  }, [what, changed]);
  return useStore(missed).calls;
}

/** Open the next missed call, the first if none is open. */
export function openNext(calls) {
  const at = calls.findIndex(({ contact }) => contact === chosen.value);
  isOpen.value = true;
  chosen.value = calls[(at + 1) % calls.length].contact;
}

const nameOf = (call) => call.name || call.number || t("unknown");

export function MissedCalls({ calls, current }) {
  const shown = useStore(isOpen);
  if (!calls.length) return null;
  return html`<section class="missed" aria-label=${t("missed")}>
    <h2><button type="button" class="button quiet" aria-expanded=${String(shown)}
      title="Alt C" onClick=${() => (isOpen.value = !shown)}>
      <span class=${shown ? "turned" : ""}><${Icon} name="down" size="14" /></span>
      ${t("missed")}<span class="tag warn number">${calls.length}</span></button></h2>
    ${shown && html`<ul>${calls.map((call) => html`<${Line} key=${call.contact} call=${call}
      isCurrent=${call.contact === current} />`)}</ul>`}
  </section>`;
}

function Line({ call, isCurrent }) {
  const sign = call.tries ? t("missed.tries", { count: call.tries })
    : call.happened === "message_left" && word("happened", call.happened);
  return html`<li><button type="button" class="tab" aria-current=${isCurrent ? "true" : null}
    onClick=${() => (chosen.value = call.contact)}>
    <${Icon} name="missed" label=${word("happened", call.happened)} />
    <span class="tab-text"><span class="one-line">${nameOf(call)}</span>
      <span class="one-line quiet-text">${sign ? `${sign} · ${call.queue}` : call.queue}</span></span>
    <span class="tab-end"><time class="quiet-text number">${moment(call.missed_at)}</time>
      ${call.calls > 1 && html`<span class="quiet-text number"
        aria-label=${t("missed.calls", { count: call.calls })}>×${call.calls}</span>`}</span>
  </button></li>`;
}

/** One missed call, and what can be made of it. */
export function MissedCall({ call }) {
  const callBack = () => callOut(call.contact, call.number);
  useEffect(() => globalThis.document.getElementById("call-back")?.focus(), [call.contact]);
  const what = call.happened === "missed" ? t("missed.one") : word("happened", call.happened);
  const told = [what, call.queue, moment(call.missed_at)];
  return html`<section class="contact" aria-label=${t("missed.one")}>
    <header class="card contact-head">
      <span class="sign missed-sign"><${Icon} name="missed" size="20" /></span>
      <div class="contact-who"><h1 class="one-line">${nameOf(call)}</h1>
        <p class="quiet-text one-line">${told.join(" · ")}</p></div>
      <button type="button" class="button good" id="call-back" onClick=${callBack}>
        <${Icon} name="voice" />${t("missed.call-back")}</button>
    </header>
    <section class="card panel"><dl class="facts">
      <dt>${t("identity.number")}</dt><dd class="number">${call.number}</dd>
      ${call.wait_seconds !== null && html`<dt>${t("waited")}</dt>
        <dd class="number">${duration(call.wait_seconds)}</dd>`}
      <dt>${t("missed")}</dt><dd class="number">${call.calls}</dd>
      ${call.tries > 0 && html`<dt>${t("missed.tried")}</dt>
        <dd>${t("missed.tries", { count: call.tries })} · ${moment(call.tried_at)}</dd>`}
    </dl></section>
    ${useStore(missed).can_write && html`<${Write} call=${call} key=${call.contact} />`}
  </section>`;
}

function Write({ call }) {
  const [subject, setSubject] = useState(t("missed.your-call"));
  const [address, choose] = useState("");
  const { addresses } = call;
  if (!addresses.length) {
    return html`<p class="card panel quiet-text">${t("missed.no-address")}</p>`;
  }
  const begin = (event) => {
    event.preventDefault();
    attempt(async () => {
      const body = { address: address || addresses[0], subject };
      chosen.value = (await api.post(`/contacts/${seg(call.contact)}/mail`, body)).contact;
    });
  };
  return html`<form class="card panel" onSubmit=${begin} aria-label=${t("missed.write")}>
    <label class="field"><span>${t("missed.to")}</span>
      ${addresses.length > 1 ? html`<select class="input" value=${address || addresses[0]}
          onChange=${(event) => choose(event.target.value)}>
          ${addresses.map((one) => html`<option key=${one}>${one}</option>`)}</select>`
        : html`<input class="input" value=${addresses[0]} readonly />`}</label>
    <label class="field"><span>${t("missed.subject")}</span>
      <input class="input" value=${subject} maxlength="200"
        onInput=${(event) => setSubject(event.target.value)} /></label>
    <div class="row"><span class="push"></span>
      <button class="button"><${Icon} name="mail" />${t("missed.write")}</button></div>
  </form>`;
}
