// One contact in hand: who, what can be done, and what is said in it.

import { api, seg } from "../shared/api.js";
import { html, Icon, useNow, useState } from "../shared/dom.js";
import { duration, since, t, word } from "../shared/i18n.js";
import { useShortcuts } from "../shared/shortcuts.js";
import { attempt } from "../shared/toasts.js";
import { Call } from "./call.js";
import { Composer } from "./composer.js";
import { Conversation } from "./conversation.js";
import { nameOf } from "./feed.js";
import { mode, phone } from "./phone.js";
import { Transfer } from "./transfer.js";
import { Note, Wrapup } from "./wrapup.js";

/** End a contact: a call by hanging up, everything else by saying so. */
function end(work) {
  if (work.channel === "voice") return phone.hangUp();
  return attempt(() => api.post(`/contacts/${seg(work.contact)}/end`));
}

export function Contact({ work, me, data }) {
  const now = useNow();
  const [isOver, handOver] = useState(false);
  const [hasReplies, showReplies] = useState(false);
  const { document, channel, state } = work;
  const isActive = state === "active";
  const canEnd = isActive && (channel !== "voice" || mode.value === "browser");
  useShortcuts([
    { key: "q", alt: true, run: canEnd && (() => end(work)) },
    { key: "t", alt: true, run: isActive && (() => handOver(true)) },
    { key: "r", alt: true, run: channel !== "voice" && (() => showReplies(!hasReplies)) },
    { key: "w", alt: true, run: state === "wrapup"
      && (() => globalThis.document.getElementById("wrapup").requestSubmit()) },
  ]);
  return html`<section class="contact" id="contact" role="tabpanel"
      aria-labelledby=${`tab-${work.contact}`}>
    <header class="card contact-head">
      <span class="sign"><${Icon} name=${channel} size="20" label=${word("channel", channel)} /></span>
      <div class="contact-who"><h1 class="one-line">${nameOf(document) || t("unknown")}</h1>
        <p class="quiet-text one-line">${[work.queue, word("state", state),
          duration(since(work.since, now))].join(" · ")}</p></div>
      <div class="row">
        ${isActive && html`<button type="button" class="button" title="Alt T"
          onClick=${() => handOver(true)}><${Icon} name="transfer" />${t("transfer")}</button>`}
        ${canEnd && html`<button type="button" class="button bad" title="Alt Q"
          onClick=${() => end(work)}><${Icon} name=${channel === "voice" ? "end" : "check"} />
          ${t(channel === "voice" ? "call.hang-up" : "contact.end")}</button>`}
      </div>
    </header>
    ${state === "held" && html`<p class="band">${t("contact.held")}</p>`}
    ${channel === "voice" && isActive && html`<${Call} />
      <div class="card panel"><${Note} contact=${work.contact} rows=${6} /></div>`}
    ${state === "wrapup" && html`<${Wrapup} key=${work.contact} work=${work} />`}
    ${channel !== "voice" && html`<${Conversation} work=${work} data=${data} />`}
    ${channel !== "voice" && isActive && html`<${Composer} key=${work.contact} work=${work} me=${me}
      hasReplies=${hasReplies} showReplies=${showReplies} />`}
    ${isOver && html`<${Transfer} work=${work} me=${me} onClose=${() => handOver(false)} />`}
  </section>`;
}
