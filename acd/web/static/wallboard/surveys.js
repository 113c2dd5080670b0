// What customers answered in surveys, a tile a question; nothing where nobody has been asked.

import { html } from "../shared/dom.js";
import { language, percent, t } from "../shared/i18n.js";

const GOOD = { csat: 0.8, nps: 30 };
const CLOSE = { csat: 0.6, nps: 0 };

/** A figure as it is written: CSAT as per cent, NPS with its sign, else the mean. */
function written({ scale, csat, nps, mean }) {
  if (scale === "csat") return percent(csat);
  if (scale === "nps") {
    return new Intl.NumberFormat(language, { maximumFractionDigits: 0, signDisplay: "exceptZero" })
      .format(nps);
  }
  return new Intl.NumberFormat(language, { maximumFractionDigits: 1 }).format(mean);
}

function colourOf(one) {
  const value = one[one.scale];
  if (value === undefined || value === null) return "";
  return value >= GOOD[one.scale] ? "good" : value >= CLOSE[one.scale] ? "warn" : "bad";
}

export function Surveys({ surveys }) {
  if (!surveys.length) return null;
  return html`<section class="surveys" aria-label=${t("surveys")}>
    <h3>${t("surveys")} <span class="quiet-text">· ${t("surveys.days")}</span></h3>
    <ul>${surveys.map((one) => html`<li key=${`${one.survey} ${one.question}`} class="survey">
      <span class="one-line">${one.survey} · ${one.question}</span>
      <strong class="number value ${colourOf(one)}">${written(one)}</strong>
      <span class="quiet-text">${t(`scale.${one.scale}`)} · ${t("surveys.answers", { count: one.answers })}
      </span></li>`)}</ul>
  </section>`;
}
