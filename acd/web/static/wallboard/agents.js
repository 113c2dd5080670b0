// The agents: what they do, since when, and for whom; and what a supervisor may change of it.

import { api, seg } from "../shared/api.js";
import { Dialog, html, Icon, useNow, useState } from "../shared/dom.js";
import { duration, since, t, word } from "../shared/i18n.js";
import { attempt, say } from "../shared/toasts.js";
import { COLOURS, nameOf, stateSince } from "./feed.js";
import { because } from "./why.js";

const REASONS = ["break", "lunch", "meeting", "training", "desk_work"];

/** So many agents are shown in two columns on a wall. */
const MANY = 11;

export function Agents({ agents, data, onOpen }) {
  const [isAll, setAll] = useState(false);
  const now = useNow();
  const present = agents.filter(({ state }) => state !== "logged_out");
  const away = agents.length - present.length;
  const shown = isAll ? agents : present;
  const busy = present.filter(({ works }) => works.length).length;
  return html`<section class="agents card ${shown.length > MANY ? "many" : ""}" aria-label=${t("agents")}>
    <header><h2>${t("agents")}</h2>
      <span class="quiet-text">${t("agents.summary", { present: present.length, busy })}</span></header>
    ${!shown.length && html`<p class="empty quiet-text">${t("agents.none")}</p>`}
    <ul>${shown.map((agent) => html`<${Row} key=${agent.name} agent=${agent}
      data=${data} now=${now} onOpen=${onOpen} />`)}</ul>
    ${away > 0 && html`<button type="button" class="button quiet wide" aria-expanded=${String(isAll)}
      onClick=${() => setAll(!isAll)}>${t(isAll ? "agents.hide" : "agents.away", { count: away })}</button>`}
  </section>`;
}

function Row({ agent, data, now, onOpen }) {
  const at = stateSince(agent);
  return html`<li><button type="button" class="agent" onClick=${() => onOpen(agent.name)}>
    <span class="dot ${COLOURS[agent.state] ?? ""}"></span>
    <span class="agent-name one-line">${agent.title || agent.name}</span>
    <span class="agent-state one-line">${stateOf(agent)}</span>
    <span class="agent-since number">${at ? duration(since(at, now)) : ""}</span>
    ${agent.works.length > 0 && html`<span class="agent-works">${agent.works.map((work) => html`
      <span class="work one-line"><${Icon} name=${work.channel} size="14"
        label=${word("channel", work.channel)} /> ${nameOf(data.contacts[work.contact])}
        <span class="quiet-text"> ${work.queue}${work.state === "active" ? ""
          : ` · ${word("state", work.state === "offered" ? "ringing" : work.state)}`}</span>
      </span>`)}</span>`}
  </button></li>`;
}

const stateOf = ({ state, presence, reason }) => {
  const said = word("state", state);
  return presence === "not_ready" && state === "not_ready" && reason
    ? `${said}: ${word("reason", reason)}` : said;
};

/** One agent: their work, why they get no more, and their state to be changed. */
export function AgentDialog({ agent, data, onStory, onClose }) {
  const now = useNow();
  if (!agent) return html`<${Dialog} title=${t("agent")} onClose=${onClose}>
    <p>${t("agent.gone")}</p></${Dialog}>`;
  const at = stateSince(agent);
  const hindered = Object.entries(agent.why_not);
  return html`<${Dialog} title=${agent.title || agent.name} onClose=${onClose}>
    <p class="row"><span class="dot ${COLOURS[agent.state] ?? ""}"></span>
      <strong>${stateOf(agent)}</strong>
      <span class="number quiet-text">${at ? duration(since(at, now)) : ""}</span></p>
    <${Presence} agent=${agent} />
    ${agent.works.length > 0 && html`<section class="stack"><h3>${t("works-on")}</h3>
      ${agent.works.map((work) => html`<button type="button" class="contact-row"
          onClick=${() => onStory(work.contact)}>
        <${Icon} name=${work.channel} label=${word("channel", work.channel)} />
        <span class="one-line">${nameOf(data.contacts[work.contact])}</span>
        <span class="quiet-text">${work.queue}</span>
        <span>${work.state !== "active" && html`<span class="tag">${word("state",
          work.state === "offered" ? "ringing" : work.state)}</span>`}</span>
        <span class="number">${duration(since(work.since, now))}</span></button>`)}</section>`}
    ${hindered.length > 0 && html`<section class="stack"><h3>${t("gets-no")}</h3>
      <ul>${hindered.map(([channel, why]) => html`<li class="row"><${Icon} name=${channel} />
        ${word("channel", channel)}: ${because(why)}</li>`)}</ul></section>`}
    <dl class="facts"><dt>${t("handled")}</dt><dd class="number">${agent.handled}</dd>
      <dt>${t("queues")}</dt><dd>${Object.keys(agent.queues).join(", ") || "–"}</dd>
      <dt>${t("skills")}</dt><dd>${Object.entries(agent.skills)
        .map(([skill, level]) => `${skill} ${level}`).join(", ") || "–"}</dd></dl>
  </${Dialog}>`;
}

function Presence({ agent }) {
  const set = async (presence, reason = "") => {
    const path = `/agents/${seg(agent.name)}/presence`;
    if (await attempt(() => api.post(path, { presence, reason }))) {
      say(t("presence.set", { name: agent.title || agent.name, state: word("state", presence) }));
    }
  };
  const choice = (presence, reason = "") => html`<button type="button" class="button"
    aria-pressed=${String(agent.presence === presence && agent.reason === reason)}
    onClick=${() => set(presence, reason)}>
    <span class="dot ${COLOURS[presence]}"></span>
    ${reason ? word("reason", reason) : word("state", presence)}</button>`;
  return html`<section class="stack" role="group" aria-label=${t("presence.change")}>
    <h3>${t("presence.change")}</h3>
    <div class="row">${choice("available")}${choice("not_ready")}${choice("logged_out")}</div>
    <div class="row">${REASONS.map((reason) => choice("not_ready", reason))}</div>
  </section>`;
}
