// Opening hours: what is open, and a supervisor's word that counts more for a while.

import { api, seg } from "../shared/api.js";
import { Dialog, html, useEffect, useState } from "../shared/dom.js";
import { moment, t } from "../shared/i18n.js";
import { attempt } from "../shared/toasts.js";

const PERIOD_MS = 15_000;
const LENGTHS = [0, 30, 60, 120, 480]; // minutes; 0 is until somebody says otherwise

/** A button that tells how many calendars are open; where there are none it is not there. */
export function Hours() {
  const [calendars, have] = useState([]);
  const [isOpen, open] = useState(false);
  const load = async () => have((await api.get("/calendars")).calendars);
  useEffect(() => {
    load().catch(() => null);
    const timer = setInterval(() => load().catch(() => null), PERIOD_MS);
    return () => clearInterval(timer);
  }, []);
  if (calendars.length === 0) return null;
  const count = calendars.filter((one) => one.open).length;
  const isSaid = calendars.some((one) => one.override);
  return html`<button type="button" class="button quiet hours" onClick=${() => open(true)}>
      <span class="dot ${isSaid ? "warn" : count ? "good" : ""}"></span>
      ${t("hours.open", { count, of: calendars.length })}</button>
    ${isOpen && html`<${Dialog} title=${t("hours")} onClose=${() => open(false)}>
      <ul class="calendars">${calendars.map((one) => html`
        <${Calendar} key=${one.name} calendar=${one} again=${load} />`)}</ul></${Dialog}>`}`;
}

function Calendar({ calendar, again }) {
  const { name, override } = calendar;
  const say = async (state, minutes = 0, note = "") => {
    const until = minutes ? new Date(Date.now() + minutes * 60_000).toISOString() : null;
    await attempt(() => api.post(`/calendars/${seg(name)}/override`, { state, until, note }));
    await attempt(again);
  };
  const turn = (event) => {
    event.preventDefault();
    const { minutes, note } = event.target.elements;
    say(calendar.open ? "closed" : "open", Number(minutes.value), note.value.trim());
  };
  return html`<li><p class="row"><strong>${name}</strong>
      <span class="tag ${calendar.open ? "good" : ""}">
        ${t(calendar.open ? "hours.is-open" : "hours.is-closed")}</span>
      ${calendar.next_change && html`<span class="quiet-text">
        ${t("hours.until", { at: moment(calendar.next_change) })}</span>`}
      ${calendar.holiday && html`<span class="quiet-text">${calendar.holiday}</span>`}</p>
    ${override ? html`<p class="row"><span class="tag warn">${t("hours.said", { by: override.by })}</span>
        <span dir="auto">${override.note}</span>
        <button type="button" class="button" onClick=${() => say(null)}>${t("hours.clear")}</button></p>`
      : html`<form onSubmit=${turn}>
        <label class="field"><span>${t("hours.how-long")}</span><select class="input" name="minutes">
          ${LENGTHS.map((length) => html`<option value=${length}>${length
            ? t("hours.minutes", { count: length }) : t("hours.no-end")}</option>`)}</select></label>
        <label class="field"><span>${t("hours.note")}</span>
          <input class="input" name="note" maxlength="200" /></label>
        <button class="button">${t(calendar.open ? "hours.close" : "hours.reopen")}</button></form>`}</li>`;
}
