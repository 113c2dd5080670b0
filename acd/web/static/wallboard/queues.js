// The queues: who waits, for how long, and how the day went so far.

import { html, useNow } from "../shared/dom.js";
import { duration, percent, t } from "../shared/i18n.js";
import { colourOfLevel, longestWaits, total } from "./feed.js";

/** More queues than so many are lines on a wall, too. */
const MANY = 9;

export function Queues({ queues, data, today, onOpen }) {
  const waits = longestWaits(data, useNow());
  if (!queues.length) return html`<section class="queues"><p class="empty quiet-text">
    ${t("queues.none")}</p></section>`;
  const isMany = queues.length > MANY;
  // Of few, each keeps its place; of many, those come first in which somebody waits.
  const shown = isMany ? [...queues].sort((one, other) =>
    (waits[other.name] ?? 0) - (waits[one.name] ?? 0)) : queues;
  return html`<section class="queues ${isMany ? "many" : ""}" aria-label=${t("queues")}>
    <div class="queue-head" aria-hidden="true"><span>${t("queue")}</span><span>${t("waiting")}</span>
      <span>${t("longest")}</span><span>${t("service-level")}</span><span>${t("abandoned")}</span>
      <span>${t("available")}</span></div>
    <ul>${shown.map((queue) => html`<${Tile} key=${queue.name} queue=${queue}
      wait=${waits[queue.name] ?? 0} day=${today && total(today.queues[queue.name])}
      onOpen=${onOpen} />`)}</ul>
  </section>`;
}

function Tile({ queue, wait, day, onOpen }) {
  const target = queue.service_level_target_seconds;
  const isLate = queue.waiting > 0 && wait > target;
  const free = queue.agents_available;
  const level = day?.service_level ?? null;
  const rate = day?.offered ? day.abandoned / day.offered : null;
  return html`<li><button type="button" class="tile card ${isLate ? "late" : ""}"
      onClick=${() => onOpen(queue.name)}>
    <span class="tile-name one-line" dir="auto"
      title=${queue.title || queue.name}>${queue.title || queue.name}</span>
    <${Figure} name="waiting" kind="main" label=${t("waiting")} value=${queue.waiting}
      colour=${isLate ? "bad" : queue.waiting ? "warn" : ""} />
    <${Figure} name="longest" kind="main" label=${t("longest")} colour=${isLate ? "bad" : ""}
      value=${queue.waiting ? duration(wait) : "–"} />
    <${Figure} name="level" label=${t("service-level")} note=${t("in-seconds", { seconds: target })}
      value=${percent(level)} colour=${colourOfLevel(level)} />
    <${Figure} name="abandoned" label=${t("abandoned")} note=${rate === null ? "" : percent(rate)}
      value=${day ? day.abandoned : "–"} />
    <${Figure} name="available" label=${t("available")} value=${free}
      note=${t("of-agents", { count: queue.agents_logged_in })}
      colour=${free ? "good" : queue.waiting ? "bad" : ""} />
  </button></li>`;
}

function Figure({ name, kind = "", label, value, note = "", colour = "" }) {
  return html`<span class="figure ${name} ${kind}"><span class="label">${label}</span>
    <span class="value number ${colour}">${value}</span>
    ${note && html` <span class="note">${note}</span>`}</span>`;
}
