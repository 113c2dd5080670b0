// Flows: what becomes of contacts in them, the drawing of each with live counts, one contact's walk.

import { api, seg } from "../shared/api.js";
import { html, useEffect, useState } from "../shared/dom.js";
import { t } from "../shared/i18n.js";
import { startPage, TopBar } from "../shared/page.js";
import { told } from "../shared/toasts.js";
import { Flow } from "./flow.js";
import { List } from "./list.js";
import { place, placeOf } from "./place.js";
import { WalkDialog } from "./walk.js";

const PERIOD_MS = 2_000;

function Flows() {
  const [[name, node, contact], go] = useState(placeOf());
  const [version, choose] = useState("");
  useEffect(() => {
    const moved = () => go(placeOf());
    addEventListener("hashchange", moved);
    return () => removeEventListener("hashchange", moved);
  }, []);
  const query = version ? `?version=${seg(version)}` : "";
  const list = usePolled(`/flows${query}`);
  const flow = usePolled(name ? `/flows/${seg(name)}${query}` : "");
  const { found, problem, again } = name ? flow : list;
  return html`<div class="flows">
    <${TopBar} />
    <main>
      <header class="head">
        ${name ? html`<a class="button" href="#">${t("back")}</a>
          <h1 dir="auto">${found?.title || name}</h1>` : html`<h1>${t("page.flows")}</h1>`}
        <span class="push"></span>
        <${Version} list=${list.found} version=${version} onChoose=${choose} />
      </header>
      ${problem && html`<div class="empty" role="alert"><p>${problem}</p>
        <button type="button" class="button" onClick=${again}>${t("again")}</button></div>`}
      ${!problem && !found && html`<p class="empty quiet-text" role="status">${t("loading")}</p>`}
      ${found && (name ? html`<${Flow} key=${name} flow=${found} chosen=${node} />`
        : html`<${List} list=${found} />`)}
    </main>
    ${contact && html`<${WalkDialog} contact=${contact}
      onClose=${() => (location.hash = place(name, node))} />`}
  </div>`;
}

/** Ask for something now and again; what was found stays while the next is on its way. */
function usePolled(path) {
  const [state, set] = useState({ path: "", found: null, problem: "" });
  const [round, next] = useState(0);
  useEffect(() => {
    if (!path) return undefined;
    let isWanted = true;
    const ask = async () => {
      try {
        const found = await api.get(path);
        if (isWanted) set({ path, found, problem: "" });
      } catch (error) {
        // Numbers that are a moment old are better than none.
        if (isWanted) set((before) => (before.path === path && error.isPassing ? before
          : { path, found: null, problem: told(error) }));
      }
    };
    ask();
    const timer = setInterval(() => document.hidden || ask(), PERIOD_MS);
    return () => {
      isWanted = false;
      clearInterval(timer);
    };
  }, [path, round]);
  const { found, problem } = state.path === path ? state : { found: null, problem: "" };
  return { found, problem, again: () => next(round + 1) };
}

function Version({ list, version, onChoose }) {
  if (!list || list.versions.length < 2) return null;
  const { running, versions } = list;
  return html`<label class="version"><span class="quiet-text">${t("version")}</span>
    <select class="input" onChange=${(event) => onChoose(event.target.value)}>
      <option value="" selected=${!version}>${t("version.running", { version: running })}</option>
      ${versions.filter((one) => one !== running).reverse().map((one) => html`
        <option value=${one} selected=${one === version}>${one}</option>`)}
    </select></label>`;
}

startPage("flows", "supervisor", Flows, ["desk"]);
