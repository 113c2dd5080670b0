// Writing to a customer: the draft is kept as it is typed, canned replies and files are added to it.

import { api, seg } from "../shared/api.js";
import { html, Icon, useEffect, useLayoutEffect, useRef, useState, useStore }
  from "../shared/dom.js";
import { language, t } from "../shared/i18n.js";
import { Store } from "../shared/store.js";
import { attempt } from "../shared/toasts.js";
import { live, messagesOf, nameOf } from "./feed.js";
import { draftOf, keepDraft, send } from "./outbox.js";

const TYPING_MS = 3_000;

/** A text that is to be put into the message box of a contact: `{ contact, text }`. */
export const insertion = new Store(null);

/** What a canned reply says, in the customer's language where it has that. */
export const textOf = ({ texts }, theirs, values) =>
  (texts[theirs] ?? texts[language] ?? Object.values(texts)[0] ?? "")
    .replace(/\{(agent|customer)\}/g, (_, name) => values[name]);

export function Composer({ work, me, hasReplies, showReplies }) {
  const { contact, channel, document } = work;
  const [text, setText] = useState(draftOf(contact));
  const [files, setFiles] = useState([]);
  const box = useRef();
  const typed = useRef(0);

  useEffect(() => {
    setText(draftOf(contact));
    setFiles([]);
    fetchReplies().catch(() => null); // asked again, and told, when they are opened
  }, [contact]);

  const write = (value) => {
    setText(value);
    keepDraft(contact, value);
    if (channel === "chat" && value && Date.now() - typed.current > TYPING_MS) {
      typed.current = Date.now();
      api.post(`/contacts/${seg(contact)}/typing`).catch(() => null); // only a courtesy
    }
  };
  const submit = () => {
    if (!text.trim() && !files.length) return;
    send(contact, text.trimEnd(), files);
    write("");
    setFiles([]);
    box.current.focus();
  };
  const pressed = (event) => {
    const isSend = event.key === "Enter" && !event.isComposing
      && (channel === "mail" ? event.ctrlKey || event.metaKey : !event.shiftKey);
    if (isSend) {
      event.preventDefault();
      submit();
    } else if (event.key === "/" && !text) {
      event.preventDefault();
      showReplies(true);
    }
  };
  const insert = (added) => {
    showReplies(false);
    const all = text ? `${text.trimEnd()}\n${added}` : added;
    write(all);
    box.current.value = all; // now, for the cursor to stand behind it
    box.current.focus();
    box.current.setSelectionRange(all.length, all.length);
  };
  const wanted = useStore(insertion);
  useEffect(() => {
    if (wanted?.contact !== contact) return;
    insertion.value = null;
    insert(wanted.text);
  }, [wanted]);
  const upload = (chosen) => attempt(async () => {
    for (const file of chosen) {
      const form = new FormData();
      form.append("file", file);
      const { id } = await api.post(`/contacts/${seg(contact)}/attachments`, form);
      setFiles((before) => [...before, { id, name: file.name, size: file.size }]);
    }
  });
  const quote = () => {
    const last = messagesOf(live.data.value, contact).filter((one) => one.author === "customer").at(-1);
    if (last) insert(`${last.text.trim().replace(/^/gm, "> ")}\n\n`);
  };

  return html`<form class="composer" onSubmit=${(event) => { event.preventDefault(); submit(); }}
      onDragOver=${(event) => event.preventDefault()}
      onDrop=${(event) => { event.preventDefault(); upload(event.dataTransfer.files); }}>
    ${hasReplies && html`<${Replies} insert=${insert} onClose=${() => showReplies(false)}
      values=${{ agent: me.title || me.name, customer: nameOf(document) }} language=${document?.language} />`}
    <textarea class="input" ref=${box} id="composer" rows=${channel === "mail" ? 7 : 2} value=${text}
      aria-label=${t("composer")} placeholder=${t(`composer.${channel === "mail" ? "mail" : "chat"}`)}
      maxlength="60000" onInput=${(event) => write(event.target.value)} onKeyDown=${pressed}></textarea>
    ${files.length > 0 && html`<ul class="files">${files.map((file) => html`<li class="tag">${file.name}
      <button type="button" class="remove" aria-label=${t("composer.remove", { name: file.name })}
        onClick=${() => setFiles(files.filter((one) => one !== file))}>
        <${Icon} name="close" size="12" /></button></li>`)}</ul>`}
    <div class="row">
      <button type="button" class="button quiet" title="Alt R" aria-expanded=${String(hasReplies)}
        onClick=${() => showReplies(!hasReplies)}><${Icon} name="lines" />${t("composer.replies")}</button>
      <label class="button quiet file"><${Icon} name="clip" />${t("composer.attach")}
        <input type="file" multiple class="sr-only" onChange=${(event) => {
          upload([...event.target.files]);
          event.target.value = "";
        }} /></label>
      ${channel === "mail" && html`<button type="button" class="button quiet" onClick=${quote}>
        <${Icon} name="reply" />${t("composer.quote")}</button>`}
      <span class="push"></span>
      <button class="button primary" disabled=${!text.trim() && !files.length}>
        <${Icon} name="send" />${t("composer.send")}</button>
    </div>
  </form>`;
}

let known = null;

/** Fetch the canned replies once, before they are asked for. */
async function fetchReplies() {
  known ??= (await api.get("/replies")).replies;
  return known;
}

function Replies({ insert, onClose, values, language: theirs }) {
  const [replies, setReplies] = useState(known ?? []);
  const [wanted, want] = useState("");
  const search = useRef();
  useLayoutEffect(() => search.current.focus(), []); // before the next key is pressed
  useEffect(() => {
    attempt(async () => setReplies(await fetchReplies()));
  }, []);
  const told = (reply) => textOf(reply, theirs, values);
  const found = replies.filter((reply) => `${reply.title} ${reply.name} ${told(reply)}`
    .toLowerCase().includes(wanted.toLowerCase()));
  const pressed = (event) => {
    if (event.key === "Escape") onClose();
    else if (event.key === "Enter" && event.target === search.current) {
      event.preventDefault();
      if (found[0]) insert(told(found[0]));
    }
  };
  return html`<div class="replies card" onKeyDown=${pressed}>
    <input class="input" ref=${search} value=${wanted} aria-label=${t("replies.search")}
      placeholder=${t("replies.search")} onInput=${(event) => want(event.target.value)} />
    <ul>${found.map((reply) => html`<li key=${reply.name}><button type="button"
      onClick=${() => insert(told(reply))}><strong>${reply.title}</strong>
      <span class="quiet-text one-line">${told(reply)}</span></button></li>`)}
      ${!found.length && html`<li class="quiet-text empty">${t("replies.none")}</li>`}</ul>
  </div>`;
}
