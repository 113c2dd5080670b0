// A call in hand: its controls, its keys, and whether anything is heard.

import { html, Icon, useEffect, useRef, useState, useStore } from "../shared/dom.js";
import { t } from "../shared/i18n.js";
import { useShortcuts } from "../shared/shortcuts.js";
import { mode, phone } from "./phone.js";

const KEYS = "123456789*0#";
const FRAME_MS = 80;

export function Call() {
  const line = useStore(phone.state);
  const how = useStore(mode);
  const [hasKeypad, showKeypad] = useState(false);
  const [pressed, setPressed] = useState("");
  useShortcuts([{ key: "k", alt: true, run: () => showKeypad(!hasKeypad) }]);
  if (how !== "browser") return html`<p class="call quiet-text">${t("call.on-your-phone")}</p>`;
  if (line.call !== "up") return html`<p class="call quiet-text">${t("call.not-here")}</p>`;
  const press = (key) => {
    phone.press(key);
    setPressed((before) => (before + key).slice(-24));
  };
  return html`<section class="call" aria-label=${t("call")}>
    <div class="row">
      <${Toggle} icon="mute" text=${t("call.mute")} isOn=${line.isMuted} keys="Alt M"
        onClick=${() => phone.toggleMute()} />
      <${Toggle} icon="hold" text=${t("call.hold")} isOn=${line.isHeld} keys="Alt H"
        onClick=${() => phone.toggleHold()} />
      <${Toggle} icon="keypad" text=${t("call.keypad")} isOn=${hasKeypad} keys="Alt K"
        onClick=${() => showKeypad(!hasKeypad)} />
      <span class="push"></span>
      <div class="levels">
        <${Level} label=${t("call.customer")} of=${() => phone.heard} />
        <${Level} label=${t("call.you")} of=${() => phone.said && new MediaStream([phone.said])} />
      </div>
    </div>
    ${hasKeypad && html`<div class="keypad" role="group" aria-label=${t("call.keypad")}>
      ${[...KEYS].map((key) => html`<button type="button" class="button"
        onClick=${() => press(key)}>${key}</button>`)}
      <output class="number">${pressed}</output></div>`}
  </section>`;
}

function Toggle({ icon, text, isOn, keys, onClick }) {
  return html`<button type="button" class="button" aria-pressed=${String(isOn)} title=${keys}
    onClick=${onClick}><${Icon} name=${icon} />${text}</button>`;
}

/** A bar as long as the sound is loud; measured here, drawn past the page's own drawing. */
function Level({ label, of }) {
  const bar = useRef();
  useEffect(() => {
    const context = new AudioContext();
    const analyser = context.createAnalyser();
    analyser.fftSize = 512;
    const samples = new Float32Array(analyser.fftSize);
    let source = null;
    let stream = null;
    const timer = setInterval(() => {
      if (!bar.current) return; // the call is over, this ends in a moment
      const now = of();
      if (now && !source) {
        stream = now;
        source = context.createMediaStreamSource(stream);
        source.connect(analyser);
      }
      analyser.getFloatTimeDomainData(samples);
      const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
      const decibel = 10 * Math.log10(power + 1e-9); // -60 dB is nothing, 0 dB is all there is
      const share = Math.min(1, Math.max(0, (decibel + 60) / 60));
      bar.current.style.transform = `scaleX(${share})`;
      bar.current.parentElement.setAttribute("aria-valuenow", Math.round(share * 100));
    }, FRAME_MS);
    return () => {
      clearInterval(timer);
      source?.disconnect();
      context.close();
    };
  }, []);
  return html`<div class="level"><span class="quiet-text">${label}</span>
    <div class="meter" role="meter" aria-label=${t("call.level", { who: label })} aria-valuemin="0"
      aria-valuemax="100" aria-valuenow="0"><span ref=${bar}></span></div></div>`;
}
