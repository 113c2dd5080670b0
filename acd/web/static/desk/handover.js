// What a contact brings along from the flows: what failed or was asked for, what to answer first, and
// the way it came, in the words the customer heard or read.

import { api, seg } from "../shared/api.js";
import { html, Icon, useEffect, useState } from "../shared/dom.js";
import { t, word } from "../shared/i18n.js";
import { insertion, textOf } from "./composer.js";
import { nameOf } from "./feed.js";

const SILENT = new Set(["answer", "set", "goto", "enqueue", "hangup", "subflow", "loop", "stop"]);
const SHOWN = 12; // places of the way, the latest

/** `canWrite`: the agent may write to the customer now, and so use what is suggested. */
export function Handover({ document, me, canWrite }) {
  const [card, setCard] = useState(null);
  const { id, queue, troubles = [] } = document;
  useEffect(() => {
    api.get(`/contacts/${seg(id)}/handover`).then(setCard, () => null);
  }, [id, queue, troubles.length]);
  if (!card) return null;
  const steps = card.steps.filter(({ type }) => !SILENT.has(type)).slice(-SHOWN);
  if (!steps.length && !card.troubles.length && !card.reply) return null;
  return html`<section class="card panel handover" aria-label=${t("handover")}>
    <h3>${t("handover")}</h3>
    ${card.troubles.length > 0 && html`<ul class="troubles" aria-label=${t("handover.troubles")}>
      ${card.troubles.map((one, at) => html`<li key=${at} class="note">
        <strong>${word("trouble", one.reason)}</strong>${one.times > 1 ? ` × ${one.times}` : ""}
        ${one.text && html`<span class="quiet-text" dir="auto">${` “${one.text}”`}</span>`}</li>`)}</ul>`}
    ${card.reply && html`<${Suggestion} document=${document} reply=${card.reply} me=${me}
      canWrite=${canWrite} />`}
    ${steps.length > 0 && html`<ol class="path" aria-label=${t("handover.steps")}>
      ${steps.map((step, at) => html`<${Step} key=${at} step=${step}
        isNew=${step.flow !== steps[at - 1]?.flow} />`)}</ol>`}
  </section>`;
}

function Suggestion({ document, reply, me, canWrite }) {
  const isVoice = document.channel === "voice";
  const text = textOf(reply, document.language, {
    agent: me?.title || me?.name || "", customer: nameOf(document),
  });
  return html`<div class="suggestion">
    <h4>${t(isVoice ? "handover.say" : "handover.reply")}</h4>
    <p dir="auto">${`“${text}”`}</p>
    ${canWrite && html`<button type="button" class="button"
      onClick=${() => { insertion.value = { contact: document.id, text }; }}>
      <${Icon} name="reply" />${t("handover.use")}</button>`}
  </div>`;
}

function Step({ step, isNew }) {
  const { flow, title, node, text, answer, troubles } = step;
  return html`<li class=${troubles.length ? "queue" : "flow"}>
    ${isNew && html`<span class="quiet-text">${title || flow}</span>`}
    <span dir="auto">${text || node.replaceAll("_", " ")}</span>
    ${answer && html`<strong dir="auto">${answer}</strong>`}
    ${troubles.length > 0 && html`<span class="quiet-text">
      ${troubles.map((one) => word("trouble", one)).join(", ")}</span>`}</li>`;
}
