// What the agent says of themselves, and what the engine makes of it.

import { api, seg } from "../shared/api.js";
import { html, Icon, Menu, useNow } from "../shared/dom.js";
import { duration, since, t, word } from "../shared/i18n.js";
import { attempt } from "../shared/toasts.js";

const REASONS = ["break", "lunch", "meeting", "training", "desk_work"];
const COLOURS = {
  available: "good", ringing: "accent", active: "accent", on_line: "accent", wrapup: "warn",
  not_ready: "warn", resting: "warn", unreachable: "bad", logged_out: "",
};

/** Say whether contacts are taken. */
export const setPresence = (me, presence, reason = "") =>
  attempt(() => api.post(`/agents/${seg(me.name)}/presence`, { presence, reason }));

/** Available if not, else not ready. */
export const togglePresence = (me) =>
  setPresence(me, me.presence === "available" ? "not_ready" : "available");

export function PresenceMenu({ me }) {
  const now = useNow();
  const time = me.presence_since ? duration(since(me.presence_since, now)) : "";
  const reason = me.presence === "not_ready" && me.reason ? word("reason", me.reason) : "";
  const label = html`<span class="dot ${COLOURS[me.state] ?? ""}"></span>
    <strong>${reason || word("state", me.state)}</strong>
    <span class="number quiet-text">${time}</span><${Icon} name="down" size="14" />`;
  return html`<${Menu} label=${label} title=${`${t("presence")}: ${reason || word("state", me.state)}`}>
    <${Choice} me=${me} presence="available" />
    <hr />
    <${Choice} me=${me} presence="not_ready" />
    ${REASONS.map((one) => html`<${Choice} me=${me} presence="not_ready" reason=${one} />`)}
    <hr />
    <${Choice} me=${me} presence="logged_out" />
  </${Menu}>`;
}

function Choice({ me, presence, reason = "" }) {
  const isNow = me.presence === presence && me.reason === reason;
  return html`<button type="button" class="choice" aria-current=${isNow ? "true" : null}
    onClick=${() => setPresence(me, presence, reason)}>
    <span class="dot ${COLOURS[presence]}"></span>
    ${reason ? word("reason", reason) : word("state", presence)}
    ${isNow && html`<${Icon} name="check" size="14" />`}</button>`;
}
