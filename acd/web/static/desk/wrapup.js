// After a contact: what came of it, and a note for whoever has the next one.

import { api, seg } from "../shared/api.js";
import { html, useNow, useState } from "../shared/dom.js";
import { duration, since, t, word } from "../shared/i18n.js";
import { attempt } from "../shared/toasts.js";

const DISPOSITIONS = ["resolved", "follow_up", "escalated", "wrong_department", "no_reply", "spam"];

const keyOf = (contact) => `acd.draft.note.${contact}`;
const noteOf = (contact) => localStorage.getItem(keyOf(contact)) ?? "";

/** The note on a contact; what is written during it is there at its end. */
export function Note({ contact, rows = 3 }) {
  const [note, setNote] = useState(noteOf(contact));
  const write = (event) => {
    setNote(event.target.value);
    localStorage.setItem(keyOf(contact), event.target.value);
  };
  return html`<label class="field"><span>${t("wrapup.note")}</span>
    <textarea class="input" rows=${rows} value=${note} maxlength="2000" onInput=${write}></textarea>
  </label>`;
}

export function Wrapup({ work }) {
  const now = useNow();
  const [disposition, choose] = useState("");
  const submit = (event) => {
    event.preventDefault();
    attempt(async () => {
      await api.post(`/contacts/${seg(work.contact)}/wrapup`, {
        disposition, note: noteOf(work.contact).trim(),
      });
      localStorage.removeItem(keyOf(work.contact));
    });
  };
  return html`<form class="wrapup card panel" id="wrapup" onSubmit=${submit}>
    <div class="spread"><h2>${t("wrapup")}</h2>
      <span class="number quiet-text">${duration(since(work.since, now))}</span></div>
    <fieldset class="plain"><legend>${t("wrapup.disposition")}</legend>
      <div class="row">${DISPOSITIONS.map((one) => html`<label class="pick">
        <input type="radio" name="disposition" value=${one} checked=${one === disposition}
          onChange=${() => choose(one)} /><span>${word("disposition", one)}</span></label>`)}</div>
    </fieldset>
    <${Note} contact=${work.contact} />
    <div class="row"><span class="push"></span>
      <button class="button primary" title="Alt W">${t("wrapup.done")}</button></div>
  </form>`;
}
