// Handing a contact over to a queue or to one agent.

import { api, seg } from "../shared/api.js";
import { Dialog, html, Icon, useEffect, useState } from "../shared/dom.js";
import { t, word } from "../shared/i18n.js";
import { attempt, say } from "../shared/toasts.js";

export function Transfer({ work, me, onClose }) {
  const [queues, setQueues] = useState([]);
  const [agents, setAgents] = useState([]);
  const [wanted, want] = useState("");
  useEffect(() => {
    attempt(async () => {
      const [found, people] = await Promise.all([api.get("/queues"), api.get("/agents")]);
      setQueues(found.queues.filter(({ name }) => name !== work.queue));
      setAgents(people.agents.filter(({ name, state }) => name !== me.name && state !== "logged_out"));
    });
  }, []);
  const over = (to) => attempt(async () => {
    await api.post(`/contacts/${seg(work.contact)}/transfer`, to);
    say(t("transfer.done", { to: to.queue ?? to.agent }));
    onClose();
  });
  const matches = ({ name, title }) => `${name} ${title}`.toLowerCase().includes(wanted.toLowerCase());
  return html`<${Dialog} title=${t("transfer")} onClose=${onClose}>
    <input class="input" autofocus value=${wanted} aria-label=${t("transfer.search")}
      placeholder=${t("transfer.search")} onInput=${(event) => want(event.target.value)} />
    <div class="targets">
      <h3>${t("transfer.queues")}</h3>
      ${queues.filter(matches).map(({ name, title, waiting, agents_available }) => html`
        <button type="button" key=${`q-${name}`} class="target" onClick=${() => over({ queue: name })}>
          <${Icon} name="lines" /><span>${title || name}</span>
          <span class="quiet-text">${t("transfer.load", { waiting, free: agents_available })}</span>
        </button>`)}
      <h3>${t("transfer.agents")}</h3>
      ${agents.filter(matches).map(({ name, title, state }) => html`
        <button type="button" key=${`a-${name}`} class="target" onClick=${() => over({ agent: name })}>
          <${Icon} name="user" /><span>${title || name}</span>
          <span class="quiet-text">${word("state", state)}</span></button>`)}
    </div>
  </${Dialog}>`;
}
