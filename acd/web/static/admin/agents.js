// The agents' accounts.

import { api, seg } from "../shared/api.js";
import { Dialog, html, Icon, useState } from "../shared/dom.js";
import { t, word } from "../shared/i18n.js";
import { who } from "../shared/page.js";
import { attempt, say } from "../shared/toasts.js";
import { AgentForm } from "./agentform.js";
import { Instead, Secret, useAsked } from "./list.js";

export function Agents() {
  const { found, problem, again } = useAsked(async () => {
    const [{ accounts }, { queues }] = await Promise.all([api.get("/accounts"), api.get("/queues")]);
    return { accounts, queues };
  });
  const [opened, open] = useState(null); // an account, or {} for a new one
  const [secrets, show] = useState(null); // what was made for an account, to be shown once
  const done = (made) => {
    open(null);
    again();
    if (made.password || made.sip_password) show(made);
    else say(t("agent.saved", { name: made.account.title }));
  };
  const accounts = found?.accounts;
  return html`<header class="spread"><h1>${t("part.agents")}</h1>
      <button type="button" class="button primary" disabled=${!found} onClick=${() => open({})}>
        ${t("agent.add")}</button></header>
    <${Instead} rows=${accounts} problem=${problem} again=${again} empty=${t("agents.none")} />
    ${accounts?.length > 0 && html`<div class="card scrolls" tabindex="0" role="region"
        aria-label=${t("part.agents")}><table class="list">
      <thead><tr>${["agent.title", "agent.name", "agent.role", "agent.phone", "agent.queues",
        "agent.skills", "agent.capacity"].map((name) => html`<th scope="col">${t(name)}</th>`)}
        <th scope="col"><span class="sr-only">${t("actions")}</span></th></tr></thead>
      <tbody>${accounts.map((account) => html`<${Row} key=${account.name} account=${account}
        onOpen=${() => open(account)} onMade=${done} onRemoved=${again} />`)}</tbody></table></div>`}
    ${opened && html`<${AgentForm} account=${opened.name ? opened : null} queues=${found.queues}
      onDone=${done} onClose=${() => open(null)} />`}
    ${secrets && html`<${Dialog} title=${secrets.account.title} onClose=${() => show(null)}>
      <p>${t("secret.once")}</p>
      ${secrets.password && html`<${Secret} label=${t("secret.password")} text=${secrets.password} />`}
      ${secrets.sip_password && html`<${Secret} text=${secrets.sip_password}
        label=${t("secret.sip", { phone: secrets.account.phone })} />`}
    </${Dialog}>`}`;
}

function Row({ account, onOpen, onMade, onRemoved }) {
  const [asked, ask] = useState("");
  const { name, title } = account;
  const path = `/agents/${seg(name)}`;
  const renew = (kind) => attempt(async () => onMade(await api.post(`${path}/${kind}`,
    kind === "password" ? {} : undefined)));
  const remove = async () => {
    if (await attempt(() => api.delete(path))) say(t("agent.removed", { name: title }));
    onRemoved();
  };
  const sure = { password: () => renew("password"), "sip-password": () => renew("sip-password"),
    remove };
  const act = (kind) => html`<button type="button" class="button quiet" onClick=${() => ask(kind)}
    aria-label=${`${t(`agent.${kind}`)}: ${title}`}>${t(`agent.${kind}`)}</button>`;
  return html`<tr>
    <th scope="row">${title}</th><td><code>${name}</code></td><td>${word("role", account.role)}</td>
    <td>${account.phone || "–"}</td>
    <td>${listed(account.queues)}</td><td>${listed(account.skills)}</td>
    <td>${Object.entries(account.capacity).filter(([, count]) => count).map(([channel, count]) => html`
      <span class="units"><${Icon} name=${channel} size="14" label=${word("channel", channel)} />
        ${" "}${count}</span>`)}</td>
    <td class="acts">
      <button type="button" class="button" aria-label=${`${t("edit")}: ${title}`}
        onClick=${onOpen}>${t("edit")}</button>
      ${act("password")}
      ${account.phone && act("sip-password")}
      ${who.value.agent !== name && act("remove")}
      ${asked && html`<${Dialog} title=${`${t(`agent.${asked}`)}: ${title}`} onClose=${() => ask("")}>
        <p>${t(`agent.${asked}.sure`, { name: title })}</p>
        <footer><button type="button" class="button" onClick=${() => ask("")}>${t("cancel")}</button>
          <button type="button" class="button ${asked === "remove" ? "bad" : "primary"}"
            onClick=${() => { ask(""); sure[asked](); }}>${t(`agent.${asked}`)}</button></footer>
      </${Dialog}>`}</td></tr>`;
}

const listed = (levels) => Object.entries(levels).map(([name, level]) => `${name} ${level}`)
  .join(", ") || "–";
