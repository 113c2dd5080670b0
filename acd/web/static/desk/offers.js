// What is offered: who, on which channel, out of which queue, since when, and until when.

import { api, seg } from "../shared/api.js";
import { html, Icon, useNow } from "../shared/dom.js";
import { duration, since, t, word } from "../shared/i18n.js";
import { attempt } from "../shared/toasts.js";
import { chosen, nameOf } from "./feed.js";
import { mode, phone } from "./phone.js";

/** Take an offer: a call by answering the telephone, everything else by saying so. */
export function accept(work) {
  chosen.value = work.contact;
  if (work.channel !== "voice") {
    return attempt(() => api.post(`/offers/${seg(work.offer)}/accept`));
  }
  if (phone.state.value.call === "ringing") return phone.answer();
  return phone.expect(); // the offer was here before the call itself
}

export function decline(work) {
  if (work.channel === "voice" && phone.state.value.call === "ringing") return phone.hangUp();
  return attempt(() => api.post(`/offers/${seg(work.offer)}/decline`));
}

export function Offers({ offers }) {
  if (!offers.length) return null;
  return html`<section class="offers" aria-label=${t("offers")}>
    ${offers.map((work) => html`<${Offer} key=${work.offer} work=${work} />`)}</section>`;
}

function Offer({ work }) {
  const now = useNow(500);
  const { document } = work;
  const offer = document?.offer;
  const left = offer?.expires_at ? Math.max(0, -since(offer.expires_at, now)) : null;
  const whole = offer?.expires_at ? since(offer.made_at, Date.parse(offer.expires_at)) : 0;
  const skills = (document?.requirement ?? []).map(({ skill, min }) =>
    (min > 1 ? `${skill} ${min}+` : skill));
  const rings = work.channel === "voice" && mode.value !== "browser";
  return html`<article class="offer card" role="alert">
    <div class="row"><span class="tag accent"><${Icon} name=${work.channel} size="14" />
      ${word("channel", work.channel)}</span>
      <span class="one-line">${work.queue}</span></div>
    <p class="who one-line">${nameOf(document) || t("unknown")}</p>
    <dl class="facts">
      ${document?.customer?.name && html`<dt>${t("from")}</dt><dd>${document.ani}</dd>`}
      ${document?.queued_at && html`<dt>${t("waited")}</dt>
        <dd class="number">${duration(since(document.queued_at, now))}</dd>`}
      ${skills.length > 0 && html`<dt>${t("skill")}</dt><dd>${skills.join(", ")}</dd>`}
    </dl>
    ${left !== null && html`<div class="countdown" role="timer"
      aria-label=${t("offer.left", { seconds: Math.ceil(left) })}>
      <span style=${{ transform: `scaleX(${whole ? left / whole : 0})` }}></span></div>`}
    ${rings ? html`<p class="quiet-text">${t("offer.on-your-phone")}</p>` : html`<div class="row two">
      <button type="button" class="button good" onClick=${() => accept(work)}>
        <${Icon} name="check" />${t("offer.accept")}</button>
      <button type="button" class="button" onClick=${() => decline(work)}>
        <${Icon} name="close" />${t("offer.decline")}
        ${left !== null && html`<span class="number quiet-text">${Math.ceil(left)}</span>`}</button>
    </div>`}
  </article>`;
}
