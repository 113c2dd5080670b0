// Versions of the dialplans: publish, try on some contacts, compare, promote, go back.

import { api, seg } from "../shared/api.js";
import { Dialog, html, useEffect, useState } from "../shared/dom.js";
import { moment, percent, t, word } from "../shared/i18n.js";
import { attempt, say } from "../shared/toasts.js";
import { Instead, useAsked } from "./list.js";

const PERIOD_MS = 5_000;
const SHORT = 8;
const FIGURES = ["lost", "failed_flows", "left_flow", "abandoned", "not_contained"];
const COLOURS = { running: "good", canary: "accent", in_use: "warn" };

const short = (version) => version.slice(0, SHORT);
const share = (figure) => (figure === null ? "–" : percent(figure / 100));

export function Versions() {
  const { found, problem, again } = useAsked(() => api.get("/versions"));
  const [compared, compare] = useState(null);
  const [asked, ask] = useState(null);
  useEffect(() => {
    const timer = setInterval(again, PERIOD_MS);
    return () => clearInterval(timer);
  }, []);
  const act = async (path, body, told) => {
    ask(null);
    if (await attempt(() => api.post(`/versions${path}`, body))) say(told);
    again();
  };
  const diff = (version, against, title) => attempt(async () => {
    const { files } = await api.get(`/versions/${seg(version)}/diff?against=${seg(against)}`);
    compare({ title, files });
  });
  const back = (version) => ask({
    title: t("version.back.to", { version: short(version) }), label: t("version.back"),
    act: () => act("/rollback", { version }, t("version.runs", { version: short(version) })),
  });
  const versions = found?.versions;
  return html`<header><h1>${t("part.versions")}</h1>
      <p class="quiet-text">${t("versions.hint")}</p></header>
    ${found && html`<${Publish} again=${again}
      onDiff=${() => diff(found.running, "directory", t("version.changes"))} />`}
    ${found?.canary && html`<${Canary} canary=${found.canary} act=${act} />`}
    <${Instead} rows=${versions} problem=${problem} again=${again} empty=${t("versions.none")} />
    ${versions?.length > 0 && html`<div class="card scrolls" tabindex="0" role="region"
        aria-label=${t("part.versions")}><table class="list">
      <thead><tr>${["version", "version.at", "version.by", "version.state", "version.contacts",
        "version.ended", "figure.lost", "figure.not_contained", "version.note"].map((name) => html`
        <th scope="col">${t(name)}</th>`)}
        <th scope="col"><span class="sr-only">${t("actions")}</span></th></tr></thead>
      <tbody>${versions.map((one) => html`<${Row} key=${one.version} one=${one}
        onDiff=${() => diff(one.before, one.version,
          t("version.against", { version: short(one.version), before: short(one.before) }))}
        onBack=${() => back(one.version)} />`)}</tbody></table></div>`}
    ${compared && html`<${Dialog} title=${compared.title} onClose=${() => compare(null)}>
      <${Differences} files=${compared.files} /></${Dialog}>`}
    ${asked && html`<${Dialog} title=${asked.title} onClose=${() => ask(null)}>
      <p>${t("version.sure")}</p>
      <footer><button type="button" class="button" onClick=${() => ask(null)}>${t("cancel")}</button>
        <button type="button" class="button primary" onClick=${asked.act}>${asked.label}</button>
      </footer></${Dialog}>`}`;
}

function Row({ one, onDiff, onBack }) {
  const { version, state, figures, canary_end: ended } = one;
  return html`<tr><th scope="row"><code title=${version}>${short(version)}</code></th>
    <td class="when">${moment(one.at)}</td><td>${one.author}</td>
    <td>${COLOURS[state] ? html`<span class="tag ${COLOURS[state]}">${word("version-state", state)}</span>`
      : ended && html`<span class="quiet-text" title=${ended.detail}>${
        word("canary-end", ended.reason)}</span>`}</td>
    <td class="number">${one.contacts || ""}</td><td class="number">${figures.ended || ""}</td>
    <td class="number">${share(figures.lost)}</td>
    <td class="number">${share(figures.not_contained)}</td><td class="details" dir="auto">${one.note}</td>
    <td class="acts">${one.before && html`<button type="button" class="button quiet"
        aria-label=${`${t("version.diff")}: ${short(version)}`} onClick=${onDiff}>
        ${t("version.diff")}</button>`}
      ${state !== "running" && state !== "canary" && html`<button type="button" class="button quiet"
        aria-label=${`${t("version.back")}: ${short(version)}`} onClick=${onBack}>
        ${t("version.back")}</button>`}</td></tr>`;
}

/** Publish what is in the directory, to all contacts or to some. */
function Publish({ again, onDiff }) {
  const [problem, setProblem] = useState("");
  const [isBusy, setBusy] = useState(false);
  const publish = async (event) => {
    event.preventDefault();
    const { note, percent: of, numbers } = event.target.elements;
    const body = { note: note.value.trim() };
    const listed = numbers.value.split(",").map((one) => one.trim()).filter(Boolean);
    if (Number(of.value) || listed.length) body.canary = { percent: Number(of.value), numbers: listed };
    setBusy(true);
    setProblem("");
    try {
      const { running, before, canary } = await api.post("/versions", body);
      const told = canary ? "version.tried" : running === before ? "version.same" : "version.runs";
      say(t(told, { version: short(canary ?? running) }));
      event.target.reset();
    } catch (error) {
      setProblem(error.message);
    }
    setBusy(false);
    again();
  };
  return html`<form class="card inline-form" onSubmit=${publish}>
    <label class="field"><span>${t("version.note")}</span>
      <input class="input" name="note" maxlength="500" /></label>
    <label class="field"><span>${t("version.percent")}</span>
      <input class="input" name="percent" type="number" min="0" max="99" placeholder="0" /></label>
    <label class="field"><span>${t("version.numbers")}</span>
      <input class="input" name="numbers" placeholder="+15550100, 300" /></label>
    <button type="button" class="button" onClick=${onDiff}>${t("version.changes")}</button>
    <button class="button primary" disabled=${isBusy}>${t("version.publish")}</button>
    ${problem && html`<pre class="error wide" role="alert">${problem}</pre>`}</form>`;
}

function Canary({ canary, act }) {
  const { version, guard } = canary;
  const gaps = { version: short(version), percent: canary.percent, count: canary.numbers.length };
  return html`<section class="card canary" aria-labelledby="canary">
    <header class="spread"><h2 id="canary">${t("canary.title", gaps)}</h2><span class="row">
      <button type="button" class="button" onClick=${() =>
        act("/rollback", {}, t("canary.ended", gaps))}>${t("canary.end")}</button>
      <button type="button" class="button primary" onClick=${() =>
        act("/promote", undefined, t("version.runs", gaps))}>${t("canary.promote")}</button></span></header>
    <p class="quiet-text">${gaps.percent > 0 && t("canary.share", gaps)}
      ${gaps.count > 0 && ` ${t("canary.numbers", gaps)}`} ${t("canary.guard", {
      figure: t(`figure.${guard.figure}`), points: guard.worse_by, least: guard.least })}</p>
    <table class="list"><thead><tr><th scope="col"><span class="sr-only">${t("canary.figure")}</span></th>
      <th scope="col">${word("version-state", "canary")}</th>
      <th scope="col">${word("version-state", "running")}</th></tr></thead>
    <tbody><tr><th scope="row">${t("version.ended")}</th><td class="number">${canary.figures.ended}</td>
        <td class="number">${canary.running_figures.ended}</td></tr>
      ${FIGURES.map((name) => html`<tr key=${name}><th scope="row">${t(`figure.${name}`)}</th>
        <td class="number">${share(canary.figures[name])}</td>
        <td class="number">${share(canary.running_figures[name])}</td></tr>`)}</tbody></table></section>`;
}

function Differences({ files }) {
  if (!files.length) return html`<p class="quiet-text">${t("version.no-changes")}</p>`;
  return files.map(({ path, change, diff }) => html`<section key=${path}>
    <h3><code>${path}</code> <span class="tag">${word("file-change", change)}</span></h3>
    ${diff && html`<pre class="diff" tabindex="0" aria-label=${path}>${diff.split("\n").slice(2)
      .map((line) => html`<span class=${kindOf(line)}>${line}${"\n"}</span>`)}</pre>`}</section>`);
}

const kindOf = (line) => ({ "+": "added", "-": "removed", "@": "place" }[line[0]] ?? "");
