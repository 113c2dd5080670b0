// A customer's card: name, note, and what they are known by; a second identity, or a second card of
// the same person, is joined here.

import { api, seg } from "../shared/api.js";
import { html, Icon, IconButton, useEffect, useState } from "../shared/dom.js";
import { t, word } from "../shared/i18n.js";
import { Store } from "../shared/store.js";
import { attempt } from "../shared/toasts.js";
import { callOut } from "./phone.js";

const ICONS = { number: "voice", address: "mail", handle: "chat" };

/** Counts changes of customers: what is shown of them is asked for again. */
export const changes = new Store(0);

const kindOf = (text) => (text.includes("@") ? "address" : "number");

/** `canCall`: the customer may be rung on the matter of this contact. */
export function Card({ document, canCall }) {
  const [customer, setCustomer] = useState(null);
  const [isEditing, edit] = useState(false);
  const id = document.customer_id;
  useEffect(() => {
    if (id) api.get(`/customers/${seg(id)}`).then(setCustomer, () => null);
  }, [id]);
  const take = (changed) => {
    setCustomer(changed);
    edit(false);
    changes.value += 1;
  };
  const name = customer?.name || document.customer?.name || document.ani || t("unknown");
  const identities = customer?.identities ?? [{ kind: "", text: document.ani }];
  return html`<section class="card panel" aria-label=${t("customer.card")}>
    <div class="spread"><h2 class="one-line">${name}</h2>
      ${customer && !isEditing && html`<button type="button" class="button quiet"
        onClick=${() => edit(true)}>${t("customer.edit")}</button>`}</div>
    ${isEditing ? html`<${Form} customer=${customer} take=${take} onClose=${() => edit(false)} />`
      : html`<ul class="identities">${identities.filter(({ text }) => text).map(({ kind, text }) => html`
        <li key=${text}><${Icon} name=${ICONS[kind] ?? "user"} size="14" label=${word("identity", kind)} />
          <span>${text}</span>
          ${kind === "number" && canCall && html`<button type="button" class="button quiet"
            onClick=${() => callOut(document.id, text)}>${t("customer.call")}</button>`}</li>`)}</ul>
      ${document.language && html`<p class="quiet-text">
        ${`${t("customer.language")}: ${word("language", document.language)}`}</p>`}
      ${customer?.note && html`<p class="note">${customer.note}</p>`}`}
  </section>`;
}

function Form({ customer, take, onClose }) {
  const [removed, remove] = useState([]);
  const [other, setOther] = useState(null); // who has the identity that was to be added
  const path = `/customers/${seg(customer.id)}`;
  const save = (event) => {
    event.preventDefault();
    const form = new FormData(event.target);
    const added = form.get("identity").trim();
    const body = { name: form.get("name"), note: form.get("note"), remove_identities: removed };
    if (added) body.add_identities = [{ kind: kindOf(added), text: added }];
    attempt(async () => {
      try {
        take(await api.patch(path, body));
      } catch (error) {
        const found = error.code === "identity-taken" ? await ownerOf(added) : null;
        if (!found) throw error;
        setOther(found);
      }
    });
  };
  const merge = () => attempt(async () => take(await api.post(`${path}/merge`, { other: other.id })));
  const left = customer.identities.filter((one) => !removed.includes(one));
  return html`<form class="stack" onSubmit=${save}>
    <label class="field"><span>${t("customer.name")}</span>
      <input class="input" name="name" value=${customer.name} maxlength="200" /></label>
    <label class="field"><span>${t("customer.note")}</span>
      <textarea class="input" name="note" rows="3" maxlength="2000">${customer.note}</textarea></label>
    <ul class="identities">${left.map((one) => html`<li key=${one.text}>
      <${Icon} name=${ICONS[one.kind]} size="14" label=${word("identity", one.kind)} />
      <span>${one.text}</span>
      ${left.length > 1 && html`<${IconButton} icon="close" onClick=${() => remove([...removed, one])}
        label=${t("customer.remove", { text: one.text })} />`}</li>`)}</ul>
    <label class="field"><span>${t("customer.add")}</span>
      <input class="input" name="identity" maxlength="254" autocomplete="off" /></label>
    ${other && html`<div class="note" role="alert">
      <p>${t("customer.taken", { name: other.name || other.identities[0]?.text || other.id })}</p>
      <button type="button" class="button" onClick=${merge}>${t("customer.merge")}</button></div>`}
    <div class="row"><button class="button primary">${t("save")}</button>
      <button type="button" class="button" onClick=${onClose}>${t("cancel")}</button></div>
  </form>`;
}

/** Return the customer who is known by a number or an address, or null. */
async function ownerOf(text) {
  const { customers } = await api.get(`/customers?limit=1&q=${encodeURIComponent(text)}`);
  return customers[0] ?? null;
}
