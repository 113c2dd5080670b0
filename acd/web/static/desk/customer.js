// Who it is, what they told the IVR, the way they came, and everything before.

import { html } from "../shared/dom.js";
import { duration, moment, t, word } from "../shared/i18n.js";
import { Card } from "./card.js";
import { Handover } from "./handover.js";
import { Timeline } from "./timeline.js";

// Of use to programs alone, or shown elsewhere.
const TECHNICAL = new Set(["mail_id", "previous_contact", "suggested_reply"]);

/**
 * `canCall`: the customer may be rung on the matter of this contact; `version` tells changes of what
 * the agent has in hand; `me` and `canWrite` are for what is suggested to them.
 */
export function CustomerPanel({ document, canCall, version, me, canWrite }) {
  if (!document) return null;
  return html`<aside class="about" aria-label=${t("customer")}>
    <${Card} document=${document} canCall=${canCall} key=${document.customer_id ?? document.id} />
    <${Handover} key=${`h-${document.id}`} document=${document} me=${me} canWrite=${canWrite} />
    <${Collected} document=${document} />
    <${Path} document=${document} />
    ${document.customer_id && html`<${Timeline} key=${`t-${document.customer_id}`}
      customer=${document.customer_id} conversation=${document.conversation}
      current=${document.id} version=${version} />`}
  </aside>`;
}

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
    ${document.dnis && !document.begun_by && html`<p class="quiet-text">${t("path.to", { dnis: document.dnis })}</p>`}
  </section>`;
}
