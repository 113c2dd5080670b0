// Whether the centre would take a call now, part by part, and what it serves.

import { api } from "../shared/api.js";
import { html, Icon, useEffect } from "../shared/dom.js";
import { t, word } from "../shared/i18n.js";
import { Instead, useAsked } from "./list.js";

const PERIOD_MS = 5_000;

async function readiness() {
  // Not ready is an answer, too, with the same content.
  const ready = await (await fetch("/readyz")).json();
  const { queues } = await api.get("/queues");
  return { ...ready, queues };
}

export function Site() {
  const { found, problem, again } = useAsked(readiness);
  useEffect(() => {
    const timer = setInterval(again, PERIOD_MS);
    return () => clearInterval(timer);
  }, []);
  const parts = found && Object.entries(found.parts);
  return html`<header class="spread"><h1>${t("part.site")}</h1>
      ${found && html`<span class="tag ${found.ready ? "good" : "bad"}">
        <${Icon} name=${found.ready ? "check" : "close"} size="14" />
        ${t(found.ready ? "site.ready" : "site.not-ready")}</span>`}</header>
    <${Instead} rows=${parts} problem=${problem} again=${again} empty="" />
    ${parts && html`<ul class="card health">${parts.map(([name, { ok, detail }]) => html`<li key=${name}>
        <span class="dot ${ok ? "good" : "bad"}"></span><strong>${word("part-name", name)}</strong>
        <span class="sr-only">${t(ok ? "site.ok" : "site.bad")}</span>
        <span class="quiet-text">${detail}</span></li>`)}</ul>
      <h2>${t("site.queues")}</h2>
      ${found.queues.length ? html`<div class="card scrolls" tabindex="0" role="region"
          aria-label=${t("site.queues")}><table class="list">
        <thead><tr>${["queue.title", "queue.name", "queue.strategy", "queue.target", "queue.agents"]
          .map((name) => html`<th scope="col">${t(name)}</th>`)}</tr></thead>
        <tbody>${found.queues.map((queue) => html`<tr key=${queue.name}>
          <th scope="row">${queue.title}</th><td><code>${queue.name}</code></td>
          <td>${word("strategy", queue.strategy)}</td>
          <td class="number">${queue.service_level_target_seconds} s</td>
          <td class="number">${queue.agents_logged_in}</td></tr>`)}</tbody></table></div>`
      : html`<p class="empty quiet-text">${t("site.no-queues")}</p>`}
      <p class="quiet-text">${t("site.hint")}</p>`}`;
}
