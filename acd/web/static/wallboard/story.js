// One contact's story: its trace as a picture, its decisions as sentences, every step as a list.

import { api, seg } from "../shared/api.js";
import { Dialog, html, Icon, useEffect, useState } from "../shared/dom.js";
import { moment, span, t, word } from "../shared/i18n.js";
import { told } from "../shared/toasts.js";
import { nameOf } from "./feed.js";
import { Picture } from "./picture.js";
import { because } from "./why.js";

/** `version` tells when there is more to tell. */
export function StoryDialog({ contact, version, data, onClose }) {
  const [story, setStory] = useState(null);
  const [problem, setProblem] = useState("");
  useEffect(() => {
    let isWanted = true;
    const path = `/contacts/${seg(contact)}`;
    const load = async () => {
      try {
        const [document, trace, why] = await Promise.all(
          [api.get(path), api.get(`${path}/trace`), api.get(`${path}/why`)]);
        if (isWanted) setStory({ document, trace, why });
      } catch (error) {
        if (isWanted) setProblem(told(error));
      }
    };
    load();
    return () => (isWanted = false);
  }, [contact, version]);
  const document = story?.document ?? data.contacts[contact];
  const title = document ? `${word("channel", document.channel)}: ${nameOf(document) || t("unknown")}`
    : t("story");
  return html`<${Dialog} title=${title} onClose=${onClose}><div class="story">
    ${problem && html`<p class="error" role="alert">${problem}</p>`}
    ${!story && !problem && html`<p class="quiet-text" role="status">${t("loading")}</p>`}
    ${story && html`<${Facts} document=${story.document} />
      <${Picture} trace=${story.trace} titles=${titlesOf(data)} />
      <${Why} why=${story.why} titles=${titlesOf(data)} />
      <${Steps} trace=${story.trace} />`}
  </div></${Dialog}>`;
}

const titlesOf = (data) => (name) => data.agents[name]?.title || data.queues[name]?.title || name;

function Facts({ document }) {
  const end = document.end_reason;
  return html`<p class="row"><${Icon} name=${document.channel} />
    <span>${document.ani}</span><span class="quiet-text">→ ${document.dnis}</span>
    <span class="tag">${word("contact", document.state)}</span>
    ${end && html`<span class="tag">${word("end", end)}</span>`}
    <span class="quiet-text">${moment(document.opened_at)}</span>
    <span class="quiet-text id">${document.id}</span></p>`;
}

function Why({ why, titles }) {
  const { decisions, waiting } = why;
  return html`<section class="stack"><h3>${t("why")}</h3>
    ${!decisions.length && !waiting && html`<p>${t("why.nobody")}</p>`}
    <ol class="why">${decisions.map((one) => html`<li key=${one.seq}>
      <p>${t("why.made", { after: span(one.after_seconds), queue: titles(one.queue),
        agent: titles(one.agent) })}${" "}${reasonOf(one)}${" "}
        <strong>${word("outcome", one.outcome)}.</strong></p>
      <${Others} rows=${one.candidates.filter(({ agent }) => agent !== one.agent)} titles=${titles} />
    </li>`)}</ol>
    ${waiting && html`<p>${t("why.waits", { since: span(waiting.since_seconds),
        queue: titles(waiting.queue) })}${" "}
        ${t("why.ahead", { count: waiting.ahead })}${" "}
        ${waiting.requirement && t("why.requires", { what: waiting.requirement })}${" "}
        ${waiting.note}</p>
      ${waiting.candidates.length ? html`<${Others} rows=${waiting.candidates} titles=${titles} />`
        : html`<p>${t("why.no-agents")}</p>`}`}
  </section>`;
}

function reasonOf({ agent, candidates }) {
  const row = candidates.find((one) => one.agent === agent);
  return row ? t("why.chosen", { why: because(row.why) }) : "";
}

function Others({ rows, titles }) {
  return rows.length > 0 && html`<ul class="others">${rows.map(({ agent, rank, why }) => html`<li
      key=${agent}><span>${titles(agent)}</span>
    <span class="quiet-text">${rank ? t("why.behind", { rank, why: because(why) }) : because(why)}</span>
  </li>`)}</ul>`;
}

function Steps({ trace }) {
  return html`<details><summary>${t("steps", { count: trace.steps.length })}</summary>
    <ol class="steps">${trace.steps.map((step) => html`<li key=${step.seq}
        class=${step.is_elsewhere ? "quiet-text" : ""}>
      <span class="number">${step.after_seconds.toFixed(3)}</span>
      <span style=${{ paddingInlineStart: `${Math.min(step.depth, 8) * 10}px` }}>${step.text}
        ${step.is_input && html`<span class="quiet-text"> · ${step.actor}</span>`}</span></li>`)}</ol>
  </details>`;
}
