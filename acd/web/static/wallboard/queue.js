// One queue: who waits in it, in the order they will be served; priorities, and taking one out.

import { api, seg } from "../shared/api.js";
import { Dialog, html, Icon, IconButton, useEffect, useNow, useState } from "../shared/dom.js";
import { duration, moment, percent, since, t, word } from "../shared/i18n.js";
import { attempt, say } from "../shared/toasts.js";
import { contactsOf, nameOf, total } from "./feed.js";

const LATELY = 8;

export function QueueDialog({ queue, data, today, onStory, onClose }) {
  const now = useNow();
  if (!queue) return html`<${Dialog} title=${t("queue")} onClose=${onClose}>
    <p>${t("queue.gone")}</p></${Dialog}>`;
  const { waiting, inHand } = contactsOf(data, queue.name);
  const highest = waiting[0]?.priority ?? 0;
  return html`<${Dialog} title=${queue.title || queue.name} onClose=${onClose}>
    <section class="stack wide-dialog"><h3>${t("queue.waiting", { count: waiting.length })}</h3>
      ${!waiting.length && html`<p class="quiet-text">${t("queue.nobody")}</p>`}
      <ol class="line">${waiting.map((contact, place) => html`<${Waiting} key=${contact.id}
        contact=${contact} place=${place} highest=${highest} now=${now}
        agents=${data.agents} onStory=${onStory} />`)}</ol>
    </section>
    ${inHand.length > 0 && html`<section class="stack"><h3>${t("queue.in-hand")}</h3>
      ${inHand.map((contact) => html`<button type="button" class="contact-row" key=${contact.id}
          onClick=${() => onStory(contact.id)}>
        <${Icon} name=${contact.channel} label=${word("channel", contact.channel)} />
        <span class="one-line">${nameOf(contact)}</span>
        <span class="quiet-text">${data.agents[contact.agent]?.title || contact.agent}</span>
        <span>${contact.state === "wrapup" && html`<span class="tag">
          ${word("contact", contact.state)}</span>`}</span>
        <span class="number">${duration(since(contact.answered_at ?? contact.queued_at, now))}</span>
      </button>`)}</section>`}
    <${Lately} queue=${queue.name} left=${waiting.length + inHand.length} onStory=${onStory} />
    <${Levels} queue=${queue} day=${today && total(today.queues[queue.name])} />
  </${Dialog}>`;
}

function Waiting({ contact, place, highest, now, agents, onStory }) {
  const [isSure, setSure] = useState(false);
  const path = `/contacts/${seg(contact.id)}`;
  const name = nameOf(contact) || t("unknown");
  const raise = (priority) => attempt(() => api.post(`${path}/priority`, { priority }));
  const withdraw = async () => {
    if (await attempt(() => api.post(`${path}/withdraw`))) say(t("withdrawn", { name }));
  };
  return html`<li>
    <button type="button" class="contact-row" onClick=${() => onStory(contact.id)}
        title=${t("story.show")}>
      <span class="number quiet-text">${place + 1}</span>
      <${Icon} name=${contact.channel} label=${word("channel", contact.channel)} />
      <span class="one-line">${name}</span>
      ${contact.offer && html`<span class="tag accent">
        ${t("offered-to", { agent: agents[contact.offer.agent]?.title || contact.offer.agent })}
        </span>`}
      <span class="number">${duration(since(contact.queued_at, now))}</span></button>
    <div class="row acts">
      <${IconButton} icon="minus" label=${t("priority.lower", { name })}
        onClick=${() => raise(contact.priority - 1)} />
      <span class="number" title=${t("priority")}><span class="sr-only">${t("priority")} </span>
        ${contact.priority}</span>
      <${IconButton} icon="plus" label=${t("priority.raise", { name })}
        onClick=${() => raise(contact.priority + 1)} />
      <button type="button" class="button" disabled=${place === 0}
        onClick=${() => raise(highest + 1)}>${t("priority.first")}</button>
      ${isSure ? html`<button type="button" class="button bad" onClick=${withdraw}
          onBlur=${() => setSure(false)} ref=${(button) => button?.focus()}>${t("withdraw.sure")}</button>`
        : html`<button type="button" class="button" onClick=${() => setSure(true)}>
          ${t("withdraw")}</button>`}
    </div></li>`;
}

/** Contacts of the queue that closed last; asked for anew when one has `left` those shown above. */
function Lately({ queue, left, onStory }) {
  const [contacts, set] = useState([]);
  useEffect(() => {
    const path = `/contacts?queue=${seg(queue)}&open=false&limit=${LATELY}`;
    attempt(async () => set((await api.get(path)).contacts));
  }, [queue, left]);
  return contacts.length > 0 && html`<section class="stack"><h3>${t("queue.lately")}</h3>
    ${contacts.map((contact) => html`<button type="button" class="contact-row" key=${contact.id}
        onClick=${() => onStory(contact.id)}>
      <${Icon} name=${contact.channel} label=${word("channel", contact.channel)} />
      <span class="one-line">${nameOf(contact) || t("unknown")}</span>
      <span class="quiet-text">${word("end", contact.end_reason)}</span>
      <span class="number">${moment(contact.closed_at)}</span></button>`)}</section>`;
}

function Levels({ queue, day }) {
  return html`<section class="stack"><h3>${t("today")}</h3><dl class="facts">
    <dt>${t("offered")}</dt><dd class="number">${day?.offered ?? "–"}</dd>
    <dt>${t("answered")}</dt><dd class="number">${day?.answered ?? "–"}</dd>
    <dt>${t("abandoned")}</dt><dd class="number">${day?.abandoned ?? "–"}</dd>
    <dt>${t("service-level")}</dt><dd class="number">${percent(day?.service_level)}
      <span class="quiet-text"> ${t("in-seconds", { seconds: queue.service_level_target_seconds })}</span></dd>
    <dt>${t("estimate")}</dt><dd class="number">${queue.estimated_wait_seconds === null ? "–"
      : duration(queue.estimated_wait_seconds)}</dd></dl></section>`;
}
