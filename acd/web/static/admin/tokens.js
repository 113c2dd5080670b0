// Tokens of programs.

import { api, seg } from "../shared/api.js";
import { Dialog, html, useState } from "../shared/dom.js";
import { moment, t, word } from "../shared/i18n.js";
import { attempt, say } from "../shared/toasts.js";
import { Instead, Secret, useAsked } from "./list.js";

const ROLES = ["read", "agent", "supervisor", "admin"];

export function Tokens() {
  const { found, problem, again } = useAsked(async () => (await api.get("/tokens")).tokens);
  const [made, show] = useState(null);
  const [asked, ask] = useState("");
  const create = async (event) => {
    event.preventDefault();
    const form = event.target;
    const [name, role] = [form.elements.name.value.trim(), form.elements.role.value];
    if (!await attempt(async () => show({ name, ...await api.post("/tokens", { name, role }) }))) return;
    form.reset();
    again();
  };
  const revoke = async (name) => {
    ask("");
    if (await attempt(() => api.delete(`/tokens/${seg(name)}`))) say(t("token.revoked", { name }));
    again();
  };
  return html`<header><h1>${t("part.tokens")}</h1><p class="quiet-text">${t("tokens.hint")}</p></header>
    <form class="card inline-form" onSubmit=${create}>
      <label class="field"><span>${t("token.name")}</span>
        <input class="input" name="name" required maxlength="80" /></label>
      <label class="field"><span>${t("agent.role")}</span><select class="input" name="role">
        ${ROLES.map((role) => html`<option value=${role}>${word("role", role)}</option>`)}</select></label>
      <button class="button primary">${t("token.create")}</button></form>
    <${Instead} rows=${found} problem=${problem} again=${again} empty=${t("tokens.none")} />
    ${found?.length > 0 && html`<div class="card scrolls" tabindex="0" role="region"
        aria-label=${t("part.tokens")}><table class="list">
      <thead><tr>${["token.name", "agent.role", "token.created", "token.state"].map((name) => html`
        <th scope="col">${t(name)}</th>`)}<th scope="col"><span class="sr-only">${t("actions")}</span>
        </th></tr></thead>
      <tbody>${found.map((token) => html`<tr key=${`${token.name} ${token.created_at}`}>
        <th scope="row">${token.name}</th><td>${word("role", token.role)}</td>
        <td class="when">${moment(token.created_at)}</td>
        <td>${token.revoked_at ? t("token.revoked-at", { at: moment(token.revoked_at) })
          : html`<span class="tag good">${t("token.valid")}</span>`}</td>
        <td class="acts">${!token.revoked_at && html`<button type="button" class="button quiet"
          aria-label=${`${t("token.revoke")}: ${token.name}`}
          onClick=${() => ask(token.name)}>${t("token.revoke")}</button>`}</td></tr>`)}</tbody>
    </table></div>`}
    ${made && html`<${Dialog} title=${made.name} onClose=${() => show(null)}>
      <p>${t("secret.once")}</p><${Secret} label=${t("token.text")} text=${made.token} />
    </${Dialog}>`}
    ${asked && html`<${Dialog} title=${`${t("token.revoke")}: ${asked}`} onClose=${() => ask("")}>
      <p>${t("token.revoke.sure")}</p>
      <footer><button type="button" class="button" onClick=${() => ask("")}>${t("cancel")}</button>
        <button type="button" class="button bad" onClick=${() => revoke(asked)}>${t("token.revoke")}
        </button></footer></${Dialog}>`}`;
}
