// Whether the centre would take a call now, part by part, and what it serves.

import { api, ApiError } from "../shared/api.js";
import { html, Icon, useEffect } from "../shared/dom.js";
import { t, word } from "../shared/i18n.js";
import { Instead, useAsked } from "./list.js";

const PERIOD_MS = 5_000;

/** Not ready is an answer, too, with the same content. */
async function readiness() {
  try {
    return await (await fetch("/readyz")).json();
  } catch {
    throw new ApiError(0, "unreachable", "The server cannot be reached.");
  }
}

async function served() {
  const [{ queues }, site] = await Promise.all([api.get("/queues"), api.get("/site")]);
  return { queues, site };
}

export function Site() {
  const { found, problem, again } = useAsked(readiness);
  const site = useAsked(served);
  useEffect(() => {
    const timer = setInterval(again, PERIOD_MS);
    return () => clearInterval(timer);
  }, []);
  const parts = found && Object.entries(found.parts);
  const queues = site.found?.queues;
  return html`<header class="spread"><h1>${t("part.site")}</h1>
      ${found && html`<span class="tag ${found.ready ? "good" : "bad"}">
        <${Icon} name=${found.ready ? "check" : "close"} size="14" />
        ${t(found.ready ? "site.ready" : "site.not-ready")}</span>`}</header>
    <${Instead} rows=${parts} problem=${problem} again=${again} empty="" />
    ${parts && html`<h2>${t("site.parts")}</h2>
      <ul class="card health">${parts.map(([name, { ok, detail }]) => html`<li key=${name}>
        <span class="dot ${ok ? "good" : "bad"}"></span><strong>${word("part-name", name)}</strong>
        <span class="sr-only">${t(ok ? "site.ok" : "site.bad")}</span>
        <span class="quiet-text">${detail}</span></li>`)}</ul>`}
    ${site.found && html`<${Check} site=${site.found.site} again=${site.again} />`}
    <${Instead} rows=${queues} problem=${site.problem} again=${site.again} empty=${t("site.no-queues")} />
    ${queues?.length > 0 && html`<h2>${t("site.queues")}</h2>
      <div class="card scrolls" tabindex="0" role="region"
          aria-label=${t("site.queues")}><table class="list">
        <thead><tr>${["queue.title", "queue.name", "queue.strategy", "queue.target", "queue.agents"]
          .map((name) => html`<th scope="col">${t(name)}</th>`)}</tr></thead>
        <tbody>${queues.map((queue) => html`<tr key=${queue.name}>
          <th scope="row">${queue.title}</th><td><code>${queue.name}</code></td>
          <td>${word("strategy", queue.strategy)}</td>
          <td class="number">${queue.service_level_target_seconds} s</td>
          <td class="number">${queue.agents_logged_in}</td></tr>`)}</tbody></table></div>`}`;
}

/** What is wrong with the files, as `acd check` says it. */
function Check({ site, again }) {
  const { problems, running, written } = site;
  const text = problems.length ? t("site.problems", { count: problems.length })
    : t(written === running ? "site.checked" : "site.unpublished");
  const colour = problems.length ? "bad" : written === running ? "good" : "warn";
  return html`<h2>${t("site.check")}</h2>
    <div class="card health"><p class="row"><span class="dot ${colour}"></span>${text}
        <span class="quiet-text">${t("site.running")} <code>${running}</code></span>
        <button type="button" class="button" onClick=${again}>${t("site.again")}</button></p>
      ${problems.length > 0 && html`<ul class="problems">${problems.map((one) => html`<li
        key=${`${one.file}:${one.line}:${one.code}`}><code>${one.file}:${one.line}</code>
        <span class="tag bad">${one.code}</span> <span>${one.message}</span></li>`)}</ul>`}</div>`;
}
