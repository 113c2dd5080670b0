// The flows by name, each with what became of the contacts that came through it.

import { html } from "../shared/dom.js";
import { percent, t } from "../shared/i18n.js";
import { place } from "./place.js";

export const OUTCOMES = ["contained", "handed", "escaped", "lost", "failed"];

export function List({ list }) {
  if (!list.flows.length) return html`<p class="empty">${t("flows.none")}</p>`;
  return html`<${Figures} of=${list.total} />
    <div class="card scrolls" tabindex="0" role="region" aria-label=${t("page.flows")}>
      <table class="list">
        <thead><tr><th scope="col">${t("flow")}</th><th scope="col">${t("entered")}</th>
          <th scope="col" class="wide">${t("inside")}</th><th scope="col">${t("containment")}</th>
          <th scope="col">${t("escape")}</th><th scope="col">${t("loss")}</th>
          <th scope="col" class="wide bar">${t("outcomes")}</th></tr></thead>
        <tbody>${list.flows.map((one) => html`<tr key=${one.name}>
          <th scope="row"><a href=${place(one.name)} dir="auto">${one.title || one.name}</a>${" "}
            ${one.title && html`<span class="quiet-text name">${one.name}</span>`}</th>
          <td class="number">${one.entered}</td><td class="number wide">${one.inside}</td>
          <td class="number">${percent(one.containment)}</td>
          <td class="number">${percent(one.escape)}</td>
          <td class="number">${percent(one.loss)}</td>
          <td class="wide bar"><${Bar} of=${one} /></td></tr>`)}</tbody>
      </table></div>
    <${Legend} />`;
}

/** What became of contacts, as numbers. */
export function Figures({ of }) {
  return html`<dl class="figures">
    ${[["entered", of.entered], ["inside", of.inside], ["containment", percent(of.containment)],
      ["escape", percent(of.escape)], ["loss", percent(of.loss)]].map(([name, value]) => html`
      <div class="card ${name}"><dt>${t(name)}</dt><dd class="number">${value}</dd></div>`)}</dl>`;
}

/** The outcomes as parts of a whole. */
export function Bar({ of }) {
  const all = OUTCOMES.reduce((sum, name) => sum + of[name], 0);
  const label = OUTCOMES.map((name) => `${t(name)}: ${of[name]}`).join(", ");
  let at = 0;
  return html`<svg class="outcomes" role="img" aria-label=${label} viewBox="0 0 100 8"
      preserveAspectRatio="none">
    <title>${label}</title><rect class="none" width="100" height="8" />
    ${all > 0 && OUTCOMES.map((name) => {
      const [x, width] = [at, (100 * of[name]) / all];
      at += width;
      return width > 0 && html`<rect class=${name} x=${x} width=${width} height="8" />`;
    })}</svg>`;
}

export const Legend = () => html`<ul class="legend">${OUTCOMES.map((name) => html`<li>
  <span class="swatch ${name}"></span><b>${t(name)}</b>
  <span class="quiet-text">${t(`${name}.what`)}</span></li>`)}</ul>`;
