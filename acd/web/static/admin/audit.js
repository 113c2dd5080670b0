// Who did, changed or listened to what.

import { api } from "../shared/api.js";
import { html, Icon } from "../shared/dom.js";
import { language, t } from "../shared/i18n.js";
import { Instead, More, useAsked, usePages } from "./list.js";

export function Audit() {
  const check = useAsked(() => api.get("/audit/check"));
  const { rows, problem, again, more } = usePages(async (before) => {
    const page = await api.get(`/audit${before ? `?before=${before}` : ""}`);
    return [page.entries, page.next];
  });
  const time = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "medium" });
  return html`<header class="spread"><h1>${t("part.audit")}</h1>
      ${check.found && html`<span class="tag ${check.found.intact ? "good" : "bad"}">
        <${Icon} name=${check.found.intact ? "check" : "close"} size="14" />
        ${check.found.intact ? t("audit.intact")
          : t("audit.broken", { seq: check.found.first_broken })}</span>`}</header>
    <${Instead} rows=${rows} problem=${problem} again=${again} empty=${t("audit.none")} />
    ${rows?.length > 0 && html`<div class="card scrolls" tabindex="0" role="region"
        aria-label=${t("part.audit")}><table class="list">
      <thead><tr>${["audit.seq", "audit.at", "audit.actor", "audit.action", "audit.subject",
        "audit.details"].map((name) => html`<th scope="col">${t(name)}</th>`)}</tr></thead>
      <tbody>${rows.map((entry) => html`<tr key=${entry.seq}>
        <td class="number">${entry.seq}</td><td>${time.format(Date.parse(entry.at))}</td>
        <td>${entry.actor}</td><th scope="row">${entry.action}</th><td>${entry.subject}</td>
        <td class="details">${detailsOf(entry.details)}</td></tr>`)}</tbody></table></div>`}
    <${More} more=${more} />`;
}

const detailsOf = (details) => Object.entries(details).filter(([, value]) => value !== "")
  .map(([name, value]) => `${name}: ${typeof value === "string" ? value : JSON.stringify(value)}`)
  .join("; ");
