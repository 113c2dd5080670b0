// What one contact did in the flows, step by step.

import { api, seg } from "../shared/api.js";
import { Dialog, html, useEffect, useState } from "../shared/dom.js";
import { moment, span, t, word } from "../shared/i18n.js";
import { told } from "../shared/toasts.js";

export function WalkDialog({ contact, onClose }) {
  const [walk, set] = useState(null);
  const [problem, setProblem] = useState("");
  useEffect(() => {
    let isWanted = true;
    api.get(`/contacts/${seg(contact)}/walk`).then(
      (found) => isWanted && set(found), (error) => isWanted && setProblem(told(error)));
    return () => (isWanted = false);
  }, [contact]);
  return html`<${Dialog} title=${t("walk")} onClose=${onClose}><div class="walk">
    ${problem && html`<p class="error" role="alert">${problem}</p>`}
    ${!walk && !problem && html`<p class="quiet-text" role="status">${t("loading")}</p>`}
    ${walk && html`<p class="row"><code>${walk.contact}</code>
        <span class="quiet-text">${moment(walk.opened_at)}</span>
        ${walk.end_reason && html`<span class="tag">${word("end", walk.end_reason)}</span>`}</p>
      ${walk.steps.length === 0 && html`<p class="quiet-text">${t("walk.none")}</p>`}
      <ol class="walk-steps">${walk.steps.map((step, at) => html`<${Step} key=${at} step=${step} />`)}
      </ol>`}
  </div></${Dialog}>`;
}

function Step({ step }) {
  const exit = [step.exit, step.to && `→ ${step.to}`].filter(Boolean).join(" ");
  return html`<li>
    <span class="number quiet-text">${span(step.after_seconds)}</span>
    <div><p><b>${step.flow}/${step.node}</b> <span class="quiet-text">${step.type}</span></p>
      ${step.happenings.map((one, at) => html`<p key=${at} class="happening ${one.what}">
        <span class="quiet-text">${t(`what.${one.what}`)}</span>
        <span>${one.text}${one.is_interrupted && html` <span class="quiet-text">(${
          t("interrupted")})</span>`}</span></p>`)}
      ${step.why && html`<p class="happening exit"><span class="quiet-text">${t("what.leaves")}</span>
        <span>${exit} <span class="quiet-text">(${step.why})</span></span></p>`}</div></li>`;
}
