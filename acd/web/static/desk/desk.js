// The desk: everything an agent works on, on one screen.

import { api, seg } from "../shared/api.js";
import { html, Icon, useEffect, useRef, useState, useStore } from "../shared/dom.js";
import { t, word } from "../shared/i18n.js";
import { ConnectionBand, startPage, TopBar, who } from "../shared/page.js";
import { useShortcutHelp } from "../shared/shortcuts.js";
import { Contact } from "./contact.js";
import { CustomerPanel } from "./customer.js";
import { chosen, isOffer, live, nameOf, seenStore, unreadCount, worksOf } from "./feed.js";
import { MissedCall, MissedCalls, openNext, useMissed } from "./missed.js";
import { chime, entitle, hush, notify, ring } from "./notify.js";
import { accept, decline, Offers } from "./offers.js";
import { flush } from "./outbox.js";
import { mode, phone } from "./phone.js";
import { PresenceMenu, togglePresence } from "./presence.js";
import { Settings } from "./settings.js";
import { Tabs } from "./tabs.js";

function Desk() {
  const data = useStore(live.data);
  const status = useStore(live.status);
  const wanted = useStore(chosen);
  useStore(seenStore);
  const [isSetting, set] = useState(false);
  const { me } = data;
  const works = worksOf(data);
  const offers = works.filter(isOffer);
  const inHand = works.filter((work) => !isOffer(work));
  const version = works.map(({ contact, state }) => `${contact} ${state}`).join();
  const calls = useMissed(version);
  const call = calls.find(({ contact }) => contact === wanted);
  const current = call ? null
    : inHand.find(({ contact }) => contact === wanted) ?? inHand[0] ?? null;
  const earlier = useContact(call?.contact);
  const unread = inHand.reduce((sum, { contact }) => sum + unreadCount(data, contact), 0);

  useEffect(() => {
    live.start();
    phone.start();
    return () => {
      phone.stop();
      live.stop();
    };
  }, []);
  useEffect(() => {
    if (status === "online") flush();
    if (status === "signed-out") who.value = null;
  }, [status]);
  useAttention(offers, unread);

  // What the agent made of the missed call that is looked at is looked at next.
  const made = call && inHand.find(({ document }) => document?.begun_by === me.name
    && document.conversation === call.conversation)?.contact;
  useEffect(() => {
    if (made) chosen.value = made;
  }, [made]);

  const first = offers[0];
  const shortcuts = [
    { key: "a", alt: true, text: t("shortcut.accept"), run: first && (() => accept(first)) },
    { key: "x", alt: true, text: t("shortcut.decline"), run: first && (() => decline(first)) },
    { key: "s", alt: true, text: t("shortcut.presence"), run: me && (() => togglePresence(me)) },
    ...inHand.slice(0, 9).map(({ contact }, at) => ({ key: String(at + 1), alt: true,
      text: at === 0 ? t("shortcut.tabs") : "", run: () => (chosen.value = contact) })),
    { key: "c", alt: true, text: t("shortcut.missed"),
      run: calls.length > 0 && (() => openNext(calls)) },
    { key: "/", text: t("shortcut.write"),
      run: () => globalThis.document.getElementById("composer")?.focus() },
    { key: "m", alt: true, text: t("shortcut.mute"), run: () => phone.toggleMute() },
    { key: "h", alt: true, text: t("shortcut.hold"), run: () => phone.toggleHold() },
    { key: "k", alt: true, text: t("shortcut.keypad") },
    { key: "q", alt: true, text: t("shortcut.end") },
    { key: "t", alt: true, text: t("shortcut.transfer") },
    { key: "r", alt: true, text: t("shortcut.replies") },
    { key: "w", alt: true, text: t("shortcut.wrapup") },
  ];
  const [help, showHelp] = useShortcutHelp(shortcuts);

  return html`<div class="desk">
    <${TopBar} onHelp=${showHelp}>
      ${me && html`<${PresenceMenu} me=${me} />`}
      <${PhoneSign} onClick=${() => set(true)} />
    </${TopBar}>
    <${ConnectionBand} status=${status} />
    <main class="columns ${current || call ? "has-contact" : ""}">
      <div class="left">
        <${Offers} offers=${offers} />
        <${Tabs} works=${inHand} data=${data} current=${current?.contact} />
        ${!works.length && !call && html`<${Nothing} me=${me} />`}
        <${MissedCalls} calls=${calls} current=${call?.contact} />
      </div>
      ${call && html`<${MissedCall} call=${call} />
        <${CustomerPanel} canCall=${true} version=${version}
          document=${earlier && { ...earlier, customer_id: call.customer, conversation: call.conversation }} />`}
      ${current && html`<${Contact} key=${current.contact} work=${current} me=${me} data=${data} />
        <${CustomerPanel} document=${current.document} version=${version} me=${me}
          canWrite=${current.channel !== "voice" && current.state === "active"}
          canCall=${current.channel !== "voice" && current.state === "active"} />`}
    </main>
    ${isSetting && html`<${Settings} onClose=${() => set(false)} />`}
    ${help}
  </div>`;
}

/** Ring, notify and count in the title, as offers and messages come and go. */
function useAttention(offers, unread) {
  const known = useRef(new Set());
  const before = useRef(0);
  const ids = offers.map(({ offer }) => offer).join();
  useEffect(() => {
    const fresh = offers.filter(({ offer }) => !known.current.has(offer));
    known.current = new Set(offers.map(({ offer }) => offer));
    if (!offers.length) hush();
    for (const work of fresh) {
      ring(work.channel === "voice" && mode.value === "browser");
      notify(t("notify.offer", { channel: word("channel", work.channel) }),
        `${nameOf(work.document)} · ${work.queue}`, work.offer);
    }
  }, [ids]);
  useEffect(() => {
    if (unread > before.current) chime();
    before.current = unread;
    entitle(unread + offers.length);
  }, [unread, ids]);
}

/** The document of a contact that is not in hand, once it is there. */
function useContact(contact) {
  const [document, setDocument] = useState(null);
  useEffect(() => {
    if (contact) api.get(`/contacts/${seg(contact)}`).then(setDocument, () => null);
  }, [contact]);
  return document?.id === contact ? document : null;
}

function PhoneSign({ onClick }) {
  const { line, problem } = useStore(phone.state);
  const how = useStore(mode);
  const state = how === "sip" ? "sip" : line;
  const colour = { ready: "good", failed: "bad", connecting: "warn" }[state] ?? "";
  return html`<button type="button" class="button quiet" onClick=${onClick}
    title=${problem || t("settings")}><span class="dot ${colour}"></span>
    <${Icon} name="headset" /><span class="wide-only">${t(`line.${state}`)}</span></button>`;
}

function Nothing({ me }) {
  if (!me) return null;
  const text = me.presence === "available" ? "nothing.waiting" : "nothing.not-available";
  return html`<div class="nothing"><p>${t(text)}</p>
    ${me.presence !== "available" && html`<button type="button" class="button good"
      onClick=${() => togglePresence(me)}>${t("nothing.begin")}</button>`}</div>`;
}

// For whoever looks for a fault from the browser's console, and for tests.
globalThis.acd = { live, phone };

startPage("desk", "agent", Desk);
