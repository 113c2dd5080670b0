// What was written in a contact: chats as bubbles, mails as sheets, and what is still on its way.

import { html, Icon, Linked, useEffect, useLayoutEffect, useNow, useRef, useStore }
  from "../shared/dom.js";
import { bytes, moment, t, word } from "../shared/i18n.js";
import { told } from "../shared/toasts.js";
import { live, loadMessages, markSeen, messagesOf, nameOf } from "./feed.js";
import { drop, retry, unsent } from "./outbox.js";
import { isTyping } from "./tabs.js";

export function Conversation({ work, data }) {
  const { contact, document } = work;
  const messages = messagesOf(data, contact);
  const waiting = useStore(unsent).filter((one) => one.contact === contact);
  const keys = new Set(messages.map(({ key }) => key));
  const mine = waiting.filter(({ key }) => !keys.has(key));
  const now = useNow(1000);
  const box = useRef();
  const count = messages.length + mine.length;

  useEffect(() => {
    loadMessages(contact).catch(() => null); // the feed brings what is new; the rest when it is back
  }, [contact, useStore(live.status) === "online"]);
  useLayoutEffect(() => {
    box.current.scrollTop = box.current.scrollHeight;
  }, [contact, count]);
  useEffect(() => {
    const look = () => document_visible() && markSeen(live.data.value, contact);
    look();
    globalThis.document.addEventListener("visibilitychange", look);
    return () => globalThis.document.removeEventListener("visibilitychange", look);
  }, [contact, count]);

  const Message = work.channel === "mail" ? Mail : Bubble;
  return html`<div class="messages ${work.channel}" ref=${box} tabindex="0" role="log"
      aria-label=${t("conversation")}>
    ${count === 0 && html`<p class="quiet-text empty">${t("conversation.empty")}</p>`}
    ${messages.map((message, at) => html`<${Message} key=${message.id} message=${message}
      name=${nameOf(document)} chosen=${chosenOf(message, messages[at - 1])} />`)}
    ${mine.map((message) => html`<${Waiting} key=${message.key} message=${message} />`)}
    ${isTyping(data, contact, now) && html`<p class="typing quiet-text" role="status">
      ${t("typing.who", { name: nameOf(document) || t("customer") })}</p>`}
  </div>`;
}

const document_visible = () => !globalThis.document.hidden;

function authorOf(message, name) {
  if (message.author === "customer") return name || t("customer");
  return message.author === "agent" ? message.agent : t("author.system");
}

/** What a customer's answer stands for, of what the message before it offered. */
function chosenOf({ author, text }, before) {
  const offered = author === "customer" ? before?.choices ?? [] : [];
  return offered.find(({ key }) => key === text)?.label;
}

function Bubble({ message, name, chosen }) {
  const { author, at, text, attachments = [], choices = [], state, failure } = message;
  const named = choices.filter(({ key, label }) => key !== label && !text.includes(`${key} - ${label}`));
  return html`<article class="bubble ${author}">
    <header class="quiet-text">${authorOf(message, name)} · <time>${moment(at)}</time></header>
    ${text && html`<p class="text"><${Linked} text=${text} />
      ${chosen && chosen !== text && html`<strong> · ${chosen}</strong>`}</p>`}
    ${named.length > 0 && html`<ul class="choices" aria-label=${t("choices")}>${named.map(({ key, label }) => html`
      <li key=${key}><span class="number">${key}</span> ${label}</li>`)}</ul>`}
    <${Attachments} files=${attachments} />
    ${state === "failed" && html`<p class="problem">${t("message.failed")}
      ${failure ? `(${word("failure", failure)})` : ""}</p>`}
  </article>`;
}

function Mail({ message, name }) {
  const { author, at, text, subject, attachments = [], state, failure } = message;
  return html`<article class="sheet ${author}">
    <header><strong>${authorOf(message, name)}</strong>
      <time class="quiet-text">${moment(at)}</time></header>
    ${subject && html`<p class="subject">${subject}</p>`}
    ${message.html ? html`<${MailBody} source=${message.html} title=${subject || t("channel.mail")} />`
      : html`<p class="text"><${Linked} text=${text} /></p>`}
    <${Attachments} files=${attachments} />
    ${author === "agent" && html`<footer class=${state === "failed" ? "problem" : "quiet-text"}>
      ${t(`message.${state}`)} ${failure ? `(${word("failure", failure)})` : ""}</footer>`}
  </article>`;
}

// Cleaned by the server already; here it gets a frame without scripts, forms or other rights, and
// the page's own policy holds in it: no style, picture or script from elsewhere is loaded.
function MailBody({ source, title }) {
  const frame = useRef();
  const fit = () => {
    const page = frame.current?.contentDocument;
    if (!page?.body) return;
    for (const link of page.links) [link.target, link.rel] = ["_blank", "noopener noreferrer"];
    frame.current.style.height = `${Math.min(page.documentElement.scrollHeight + 2, 4000)}px`;
  };
  const page = `<!doctype html><meta charset="utf-8"><meta name="color-scheme" content="light">
    <link rel="stylesheet" href="/static/desk/mail.css"><body>${source}`;
  return html`<iframe class="mail-body" ref=${frame} title=${title} srcdoc=${page} onLoad=${fit}
    sandbox="allow-same-origin allow-popups allow-popups-to-escape-sandbox"></iframe>`;
}

function Attachments({ files }) {
  if (!files.length) return null;
  return html`<ul class="files">${files.map(({ id, name, size }) => html`<li>
    <a class="tag" href=${`/api/v1/attachments/${encodeURIComponent(id)}`} download>
      <${Icon} name="clip" size="13" /><span class="one-line">${name}</span>
      <span class="quiet-text">${bytes(size)}</span></a></li>`)}</ul>`;
}

function Waiting({ message }) {
  const { text, attachments, problem, key } = message;
  return html`<article class="bubble agent waiting">
    <header class="quiet-text">${problem ? t("message.refused") : t("message.waiting")}</header>
    ${text && html`<p class="text">${text}</p>`}
    <${Attachments} files=${attachments} />
    ${problem && html`<p class="problem">${told({ code: problem, message: problem })}</p>
      <div class="row"><button type="button" class="button" onClick=${() => retry(key)}>
        ${t("message.retry")}</button>
      <button type="button" class="button" onClick=${() => drop(key)}>${t("message.drop")}</button>
      </div>`}
  </article>`;
}
