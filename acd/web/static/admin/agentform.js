// One agent's account as a form.

import { api, seg } from "../shared/api.js";
import { Dialog, html, IconButton, useState } from "../shared/dom.js";
import { t, word } from "../shared/i18n.js";
import { told } from "../shared/toasts.js";

const CHANNELS = ["voice", "chat", "mail", "sms", "messaging"];
const ROLES = ["agent", "supervisor", "admin"];
const NEW = {
  name: "", title: "", role: "agent", phone: "", queues: {}, skills: {},
  capacity: { voice: 1, chat: 3, mail: 1 }, exclusive: [], interrupts: { voice: ["mail"] },
};

/** `account` is null for a new one; `onDone` gets what the API made. */
export function AgentForm({ account, queues, onDone, onClose }) {
  const [draft, setDraft] = useState(account ?? NEW);
  const [error, setError] = useState("");
  const [isBusy, setBusy] = useState(false);
  const change = (some) => setDraft((before) => ({ ...before, ...some }));
  const save = async (event) => {
    event.preventDefault();
    setBusy(true);
    const { name, ...rest } = draft;
    const body = { ...rest, exclusive: draft.exclusive.filter(({ length }) => length > 1) };
    try {
      if (account) onDone(await api.patch(`/agents/${seg(name)}`, body));
      else {
        // Without a phone or a password given, the API finds them.
        if (!body.phone) delete body.phone;
        onDone(await api.post("/agents", { name, ...body }));
      }
    } catch (problem) {
      setError(told(problem));
      setBusy(false);
    }
  };
  const field = (name, others) => html`<label class="field"><span>${t(`agent.${name}`)}</span>
    <input class="input" value=${draft[name]} ...${others}
      onInput=${(event) => change({ [name]: event.target.value })} /></label>`;
  return html`<${Dialog} title=${account ? account.title : t("agent.add")} onClose=${onClose}>
    <form class="agent-form" onSubmit=${save}>
      ${error && html`<p class="error" role="alert">${error}</p>`}
      <div class="pair">
        ${field("title", { required: true, maxlength: 80 })}
        ${account ? html`<div class="field"><span>${t("agent.name")}</span><code>${account.name}</code></div>`
          : field("name", { required: true, pattern: "[a-z][a-z0-9._\\-]{0,39}", autocapitalize: "none",
            spellcheck: false, title: t("agent.name.hint") })}
        <label class="field"><span>${t("agent.role")}</span><select class="input"
          onChange=${(event) => change({ role: event.target.value })}>${ROLES.map((role) => html`
          <option value=${role} selected=${role === draft.role}>${word("role", role)}</option>`)}
        </select></label>
        ${field("phone", { pattern: "[0-9]{2,15}", inputmode: "numeric",
          placeholder: account ? "" : t("agent.phone.free"), title: t("agent.phone.hint") })}
      </div>
      <${Levels} legend=${t("agent.queues")} note=${t("agent.queues.hint")} levels=${draft.queues}
        known=${queues.map(({ name }) => name)} isOpen=${false}
        onChange=${(levels) => change({ queues: levels })} />
      <${Levels} legend=${t("agent.skills")} note=${t("agent.skills.hint")} levels=${draft.skills}
        known=${[]} isOpen=${true} onChange=${(levels) => change({ skills: levels })} />
      <${Capacity} draft=${draft} change=${change} />
      <footer><button type="button" class="button" onClick=${onClose}>${t("cancel")}</button>
        <button class="button primary" disabled=${isBusy}>${t("save")}</button></footer>
    </form></${Dialog}>`;
}

/** Names with a number each; `isOpen`: names that nobody knows yet may be added. */
function Levels({ legend, note, levels, known, isOpen, onChange }) {
  const [fresh, setFresh] = useState("");
  const add = (name) => {
    if (name.trim()) onChange({ ...levels, [name.trim()]: levels[name.trim()] ?? 1 });
    setFresh("");
  };
  const drop = (name) => onChange(Object.fromEntries(
    Object.entries(levels).filter(([other]) => other !== name)));
  const others = known.filter((name) => !(name in levels));
  return html`<fieldset><legend>${legend}</legend><p class="quiet-text">${note}</p>
    <div class="levels">${Object.entries(levels).map(([name, level]) => html`<label class="level"
        key=${name}><span>${name}</span>
      <input class="input" type="number" min="1" max="100" required value=${level}
        onInput=${(event) => onChange({ ...levels, [name]: event.target.valueAsNumber || 1 })} />
      <${IconButton} icon="close" label=${t("drop", { name })} onClick=${() => drop(name)} /></label>`)}
      ${isOpen ? html`<span class="level"><input class="input" value=${fresh} maxlength="60"
          placeholder=${t("agent.skill.new")}
          aria-label=${t("add-to", { what: legend })} onInput=${(event) => setFresh(event.target.value)}
          onKeyDown=${(event) => event.key === "Enter" && (event.preventDefault(), add(fresh))} />
          <${IconButton} icon="plus" label=${t("add-to", { what: legend })} onClick=${() => add(fresh)} />
        </span>`
      : others.map((name) => html`<button type="button" class="button" key=${name}
          onClick=${() => add(name)}>+ ${name}</button>`)}
    </div></fieldset>`;
}

function Capacity({ draft, change }) {
  const { capacity, exclusive, interrupts } = draft;
  const flip = (list, channel) => (list.includes(channel) ? list.filter((one) => one !== channel)
    : [...list, channel]);
  // One set is what the page offers; further ones, set over the API, are kept.
  const [first = [], ...others] = exclusive;
  const pick = (channel, isOn, onChange) => html`<label class="pick"><input type="checkbox"
    checked=${isOn} onChange=${onChange} /><span>${word("channel", channel)}</span></label>`;
  return html`<fieldset><legend>${t("agent.capacity")}</legend>
      <p class="quiet-text">${t("agent.capacity.hint")}</p>
      <div class="levels">${CHANNELS.map((channel) => html`<label class="level"><span>
          ${word("channel", channel)}</span>
        <input class="input" type="number" min="0" max="100" required value=${capacity[channel] ?? 0}
          onInput=${(event) => change({ capacity: { ...capacity,
            [channel]: event.target.valueAsNumber || 0 } })} /></label>`)}</div></fieldset>
    <fieldset><legend>${t("agent.exclusive")}</legend><p class="quiet-text">
        ${t("agent.exclusive.hint")}</p>
      <div class="row">${CHANNELS.map((channel) => pick(channel, first.includes(channel),
        () => change({ exclusive: [flip(first, channel), ...others] })))}</div></fieldset>
    <fieldset><legend>${t("agent.interrupts")}</legend><p class="quiet-text">
        ${t("agent.interrupts.hint")}</p>
      <div class="row">${CHANNELS.filter((channel) => channel !== "voice").map((channel) => pick(channel,
        (interrupts.voice ?? []).includes(channel), () => change({ interrupts: { ...interrupts,
          voice: flip(interrupts.voice ?? [], channel) } })))}</div></fieldset>`;
}
