// Recordings of calls. Whoever listens is on record.

import { api, seg } from "../shared/api.js";
import { html, Icon, useState } from "../shared/dom.js";
import { duration, moment, t } from "../shared/i18n.js";
import { Instead, More, usePages } from "./list.js";

export function Recordings() {
  const [playing, play] = useState("");
  const { rows, problem, again, more } = usePages(async (before) => {
    const page = await api.get(`/recordings${before ? `?before=${seg(before)}` : ""}`);
    return [page.recordings, page.next];
  });
  return html`<header><h1>${t("part.recordings")}</h1>
      <p class="quiet-text">${t("recordings.hint")}</p></header>
    <${Instead} rows=${rows} problem=${problem} again=${again} empty=${t("recordings.none")} />
    ${rows?.length > 0 && html`<div class="card scrolls" tabindex="0" role="region"
        aria-label=${t("part.recordings")}><table class="list">
      <thead><tr>${["recording.at", "recording.length", "recording.party", "recording.queue",
        "recording.contact"].map((name) => html`<th scope="col">${t(name)}</th>`)}
        <th scope="col"><span class="sr-only">${t("actions")}</span></th></tr></thead>
      <tbody>${rows.map((one) => html`<tr key=${one.id}>
        <th scope="row">${moment(one.start_at)}</th>
        <td class="number">${one.end_at ? duration((Date.parse(one.end_at)
          - Date.parse(one.start_at)) / 1000) : t("recording.going-on")}</td>
        <td>${one.party}</td><td>${one.queue ?? "–"}</td><td><code>${one.contact}</code></td>
        <td class="acts">${!one.is_there ? html`<span class="quiet-text">${t("recording.gone")}</span>`
          : playing === one.id ? html`<audio controls autoplay preload="metadata"
              src=${`/api/v1/recordings/${seg(one.id)}`}></audio>`
          : html`<button type="button" class="button" onClick=${() => play(one.id)}
              aria-label=${`${t("recording.play")}: ${moment(one.start_at)}, ${one.party}`}>
              <${Icon} name="play" />${t("recording.play")}</button>`}</td></tr>`)}</tbody>
    </table></div>`}
    <${More} more=${more} />`;
}
