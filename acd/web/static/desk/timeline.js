// What there has been with a customer, newest first: this matter, and others before it.

import { api, seg } from "../shared/api.js";
import { html, Icon, useEffect, useState, useStore } from "../shared/dom.js";
import { moment, t, word } from "../shared/i18n.js";
import { changes } from "./card.js";
import { SETTLED_MS } from "./feed.js";

const SHOWN = 20;
const WITHOUT_AGENT = new Set(["missed", "ended"]); // how it ended says more than that it did

/** `current` is the contact that is looked at, one of `conversation`; `version` tells changes. */
export function Timeline({ customer, conversation, current, version }) {
  const [entries, setEntries] = useState(null);
  const changed = useStore(changes);
  useEffect(() => {
    const load = () => api.get(`/customers/${seg(customer)}/timeline?limit=${SHOWN}`)
      .then((page) => setEntries(page.entries), () => null);
    load();
    const soon = setTimeout(load, SETTLED_MS);
    return () => clearTimeout(soon);
  }, [customer, current, version, changed]);
  if (!entries) return null;
  const same = entries.filter((one) => one.conversation === conversation);
  const others = entries.filter((one) => one.conversation !== conversation);
  const isFirst = same.every(({ contact }) => contact === current);
  return html`<section class="card panel" aria-label=${t("timeline")}><h3>${t("timeline")}</h3>
    ${isFirst ? !others.length && html`<p class="quiet-text">${t("timeline.none")}</p>`
      : html`<${Part} title=${t("timeline.matter")} entries=${same} current=${current} />`}
    ${others.length > 0 && html`<${Part} title=${t("timeline.others")} entries=${others} />`}
  </section>`;
}

function Part({ title, entries, current }) {
  return html`<div class="stack"><h4 class="quiet-text">${title}</h4>
    <ol class="timeline" aria-label=${title}>${entries.map((one) => html`<${Entry} key=${one.contact}
      entry=${one} isCurrent=${one.contact === current} />`)}</ol></div>`;
}

function Entry({ entry, isCurrent }) {
  const { channel, is_ours: isOurs, happened, end_reason: reason } = entry;
  const what = isOurs ? t("timeline.ours", { channel: word("channel", channel) })
    : word("channel", channel);
  const ending = [entry.agent, word("happened", happened),
    WITHOUT_AGENT.has(happened) && word("end", reason), word("disposition", entry.disposition)];
  return html`<li aria-current=${isCurrent ? "true" : null}>
    <${Icon} name=${channel} size="14" label=${word("channel", channel)} />
    <div><div class="spread"><strong class="one-line">${[what, entry.queue].filter(Boolean).join(" · ")}</strong>
        <time class="quiet-text">${moment(entry.opened_at)}</time></div>
      <p class="quiet-text">${ending.filter(Boolean).join(" · ")}</p>
      ${(entry.scores ?? []).map((one) => html`<p class="quiet-text" key=${one.question}>
        ${`${one.survey}, ${one.question}: `}<strong>${t(`score.${one.scale}`, one)}</strong></p>`)}
      ${entry.note && html`<p class="note">${entry.note}</p>`}</div></li>`;
}
