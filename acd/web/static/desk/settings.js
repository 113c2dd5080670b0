// Telephone, devices, sound and notifications of this browser.

import { Dialog, html, useEffect, useState, useStore } from "../shared/dom.js";
import { t } from "../shared/i18n.js";
import { askPermission, permission, sound } from "./notify.js";
import { isCleaned, microphone, mode, phone, speaker } from "./phone.js";

export function Settings({ onClose }) {
  const how = useStore(mode);
  const [allowed, setAllowed] = useState(permission());
  return html`<${Dialog} title=${t("settings")} onClose=${onClose}>
    <fieldset class="plain"><legend>${t("phone")}</legend>
      <${Radio} value="browser" now=${how} text=${t("phone.browser")} />
      <${Radio} value="sip" now=${how} text=${t("phone.sip")} /></fieldset>
    ${how === "browser" && html`<${Devices} />`}
    <${Check} store=${sound} text=${t("settings.sound")} />
    <div class="spread"><span>${t("settings.notifications")}</span>
      ${allowed === "default"
        ? html`<button type="button" class="button"
            onClick=${async () => setAllowed(await askPermission())}>${t("settings.allow")}</button>`
        : html`<span class="quiet-text">${t(`settings.notifications.${allowed}`)}</span>`}</div>
  </${Dialog}>`;
}

function Radio({ value, now, text }) {
  return html`<label class="row"><input type="radio" name="mode" checked=${value === now}
    onChange=${() => (mode.value = value)} />${text}</label>`;
}

function Check({ store, text }) {
  const isOn = useStore(store);
  return html`<label class="row"><input type="checkbox" checked=${isOn}
    onChange=${(event) => (store.value = event.target.checked)} />${text}</label>`;
}

function Devices() {
  const [devices, setDevices] = useState([]);
  const mic = useStore(microphone);
  const loud = useStore(speaker);
  useEffect(() => {
    const look = async () => setDevices(await navigator.mediaDevices.enumerateDevices());
    look();
    navigator.mediaDevices.addEventListener("devicechange", look);
    return () => navigator.mediaDevices.removeEventListener("devicechange", look);
  }, []);
  const of = (kind) => devices.filter((one) => one.kind === kind && one.deviceId);
  return html`<${Device} text=${t("phone.microphone")} now=${mic} devices=${of("audioinput")}
      onChoose=${(id) => (microphone.value = id)} />
    <${Device} text=${t("phone.speaker")} now=${loud} devices=${of("audiooutput")}
      onChoose=${(id) => phone.useSpeaker(id)} />
    <${Check} store=${isCleaned} text=${t("phone.cleaned")} />`;
}

function Device({ text, now, devices, onChoose }) {
  return html`<label class="field"><span>${text}</span>
    <select class="input" value=${now} onChange=${(event) => onChoose(event.target.value)}>
      <option value="">${t("phone.default-device")}</option>
      ${devices.map(({ deviceId, label }) => html`<option value=${deviceId}
        selected=${deviceId === now}>${label || deviceId.slice(0, 8)}</option>`)}
    </select></label>`;
}
