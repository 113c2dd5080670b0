// Who it is, what they told the IVR, the way they came, and everything before.

import { api, seg } from "../shared/api.js";
import { html, Icon, useEffect, useState } from "../shared/dom.js";
import { duration, moment, t, word } from "../shared/i18n.js";
import { attempt } from "../shared/toasts.js";
import { phone } from "./phone.js";

const SHOWN = 20;
const TECHNICAL = new Set(["mail_id"]); // of use to programs alone

/** `canCall`: the customer may be rung on the matter of this contact. */
export function CustomerPanel({ document, canCall }) {
  if (!document) return null;
  return html`<aside class="about" aria-label=${t("customer")}>
    <${Card} document=${document} canCall=${canCall} key=${document.customer_id ?? document.id} />
    <${Collected} document=${document} />
    <${Path} document=${document} />
    ${document.customer_id && html`<${Timeline} key=${`t-${document.customer_id}`}
      customer=${document.customer_id} current=${document.id} version=${document.state} />`}
  </aside>`;
}

function Card({ document, canCall }) {
  const [customer, setCustomer] = useState(null);
  const [isEditing, edit] = useState(false);
  const id = document.customer_id;
  useEffect(() => {
    if (id) api.get(`/customers/${seg(id)}`).then(setCustomer, () => null);
  }, [id]);
  const name = customer?.name || document.customer?.name || document.ani || t("unknown");
  const save = (event) => {
    event.preventDefault();
    const form = new FormData(event.target);
    const body = { name: form.get("name"), note: form.get("note") };
    attempt(async () => {
      setCustomer(await api.patch(`/customers/${seg(id)}`, body));
      edit(false);
    });
  };
  const call = (number) => attempt(async () => {
    phone.expect();
    await api.post(`/contacts/${seg(document.id)}/call`, { number });
  });
  const identities = customer?.identities ?? [{ kind: "", text: document.ani }];
  return html`<section class="card panel">
    <div class="spread"><h2 class="one-line">${name}</h2>
      ${customer && !isEditing && html`<button type="button" class="button quiet"
        onClick=${() => edit(true)}>${t("customer.edit")}</button>`}</div>
    ${isEditing ? html`<form class="stack" onSubmit=${save}>
      <label class="field"><span>${t("customer.name")}</span>
        <input class="input" name="name" value=${customer.name} maxlength="200" /></label>
      <label class="field"><span>${t("customer.note")}</span>
        <textarea class="input" name="note" rows="3" maxlength="2000">${customer.note}</textarea></label>
      <div class="row"><button class="button primary">${t("save")}</button>
        <button type="button" class="button" onClick=${() => edit(false)}>${t("cancel")}</button></div>
    </form>` : html`
      <ul class="identities">${identities.filter(({ text }) => text).map(({ kind, text }) => html`
        <li><${Icon} name=${ICONS[kind] ?? "user"} size="14" label=${word("identity", kind)} />
          <span>${text}</span>
          ${kind === "number" && canCall && html`<button type="button" class="button quiet"
            onClick=${() => call(text)}>${t("customer.call")}</button>`}</li>`)}</ul>
      ${document.language && html`<p class="quiet-text">
        ${`${t("customer.language")}: ${word("language", document.language)}`}</p>`}
      ${customer?.note && html`<p class="note">${customer.note}</p>`}`}
  </section>`;
}

const ICONS = { number: "voice", address: "mail", handle: "chat" };

function Collected({ document }) {
  const found = Object.entries(document.attributes ?? {}).filter(([key]) => !TECHNICAL.has(key));
  if (!found.length) return null;
  return html`<section class="card panel"><h3>${t("collected")}</h3>
    <dl class="facts">${found.map(([key, value]) => html`<dt>${key.replaceAll("_", " ")}</dt>
      <dd>${value}</dd>`)}</dl></section>`;
}

function Path({ document }) {
  const segments = document.segments ?? [];
  if (!segments.length) return null;
  const seconds = ({ start_at, end_at }) => (Date.parse(end_at) - Date.parse(start_at)) / 1000;
  return html`<section class="card panel"><h3>${t("path")}</h3>
    <ol class="path">${segments.map((one) => html`<li key=${one.id} class=${one.kind}>
      <span>${word("segment", one.kind)} <strong>${one.party}</strong></span>
      <span class="quiet-text number">${one.end_at ? duration(seconds(one)) : moment(one.start_at)}
        ${one.reason ? ` · ${word("end", one.reason)}` : ""}</span></li>`)}</ol>
    ${document.dnis && html`<p class="quiet-text">${t("path.to", { dnis: document.dnis })}</p>`}
  </section>`;
}

function Timeline({ customer, current, version }) {
  const [entries, setEntries] = useState(null);
  useEffect(() => {
    api.get(`/customers/${seg(customer)}/timeline?limit=${SHOWN}`)
      .then((page) => setEntries(page.entries), () => null);
  }, [customer, current, version]);
  const before = (entries ?? []).filter(({ contact }) => contact !== current);
  if (!entries) return null;
  return html`<section class="card panel"><h3>${t("timeline")}</h3>
    ${!before.length && html`<p class="quiet-text">${t("timeline.none")}</p>`}
    <ol class="timeline">${before.map((one) => html`<li key=${one.contact}>
      <${Icon} name=${one.channel} size="14" label=${word("channel", one.channel)} />
      <div><div class="spread"><strong>${one.queue || word("channel", one.channel)}</strong>
          <time class="quiet-text">${moment(one.opened_at)}</time></div>
        <p class="quiet-text">${[one.agent, word("happened", one.happened),
          word("disposition", one.disposition)].filter(Boolean).join(" · ")}</p>
        ${one.note && html`<p class="note">${one.note}</p>`}</div></li>`)}</ol>
  </section>`;
}
