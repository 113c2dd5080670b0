// What is told of a node: its words, what became of contacts there, who came last.

import { html } from "../shared/dom.js";
import { has, t } from "../shared/i18n.js";
import { OUTCOMES } from "./list.js";
import { place } from "./place.js";

export function Node({ flow, box }) {
  const troubles = Object.entries(box.troubles);
  return html`<aside class="card node" aria-label=${t("node.about", { name: box.name })}>
    <header class="spread"><h2>${box.name}</h2><span class="tag">${box.type}</span></header>
    ${box.text && html`<p>${box.text}</p>`}
    <dl class="facts"><dt>${t("entered")}</dt><dd class="number">${box.entered}</dd>
      ${OUTCOMES.filter((name) => box[name]).map((name) => html`
        <dt><span class="swatch ${name}"></span>${t(name)}</dt>
        <dd class="number">${box[name]}</dd>`)}</dl>
    ${troubles.length > 0 && html`<section><h3>${t("troubles")}</h3>
      <dl class="facts">${troubles.map(([reason, count]) => html`
        <dt>${troubleOf(reason)}</dt><dd class="number">${count}</dd>`)}</dl></section>`}
    <section><h3>${t("ways")}</h3>
      <ul class="ways">${waysOf(flow, box).map(({ label, to, taken, isFailure }) => html`<li
          class=${isFailure ? "failure" : ""}>
        <span>${label} → ${to}</span><b class="number">${taken}</b></li>`)}</ul></section>
    <section><h3>${t("latest")}</h3>
      ${box.latest.length === 0 && html`<p class="quiet-text">${t("latest.none")}</p>`}
      <ul class="latest">${box.latest.map((contact) => html`<li key=${contact}>
        <a href=${place(flow.name, box.id, contact)}>${contact}</a></li>`)}</ul></section>
  </aside>`;
}

const troubleOf = (reason) =>
  has(`trouble.${reason}`) ? t(`trouble.${reason}`) : reason.replaceAll("_", " ");

/** Every way out of a node, drawn or not. */
export function waysOf(flow, box) {
  const ways = flow.ways.filter(({ source }) => source === box.id)
    .map(({ label, target, taken, is_failure }) => ({ label, taken, isFailure: is_failure,
      to: target.startsWith("flow:") ? t("flow.of", { name: target.slice(5) }) : target }));
  const leaps = flow.leaps.filter(({ source }) => source === box.id)
    .map(({ target, taken }) => ({ label: t("leap"), to: target, taken }));
  return [...ways, ...leaps];
}
