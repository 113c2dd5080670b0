// Being noticed: a sound while an offer waits, a notification when the page is not looked at.

import { t } from "../shared/i18n.js";
import { kept } from "../shared/store.js";

export const sound = kept("sound", true);

let context = null;
let ringing = 0;

function tone(frequency, at, seconds) {
  const oscillator = context.createOscillator();
  const volume = context.createGain();
  oscillator.frequency.value = frequency;
  volume.gain.setValueAtTime(0, at);
  volume.gain.linearRampToValueAtTime(0.12, at + 0.02);
  volume.gain.setValueAtTime(0.12, at + seconds - 0.05);
  volume.gain.linearRampToValueAtTime(0, at + seconds);
  oscillator.connect(volume).connect(context.destination);
  oscillator.start(at);
  oscillator.stop(at + seconds);
}

function play(notes) {
  if (!sound.value) return;
  context ??= new AudioContext();
  if (context.state === "suspended") context.resume().catch(() => null); // needs a click first
  let at = context.currentTime + 0.02;
  for (const [frequency, seconds] of notes) {
    tone(frequency, at, seconds);
    at += seconds;
  }
}

/** Ring until told otherwise: calls like a telephone, texts once. */
export function ring(isCall) {
  hush();
  const notes = isCall ? [[660, 0.25], [550, 0.25], [660, 0.25], [550, 0.25]] : [[880, 0.12], [1175, 0.18]];
  play(notes);
  if (isCall) ringing = setInterval(() => play(notes), 3_000);
}

export function hush() {
  clearInterval(ringing);
}

/** A short sound for a message in another tab. */
export const chime = () => play([[880, 0.09]]);

/** Show a notification if the page is not looked at and the agent allowed it. */
export function notify(title, body, tag) {
  if (!document.hidden || globalThis.Notification?.permission !== "granted") return;
  const notification = new Notification(title, { body, tag, icon: "/static/shared/icon.svg" });
  notification.onclick = () => {
    window.focus();
    notification.close();
  };
}

/** "granted", "denied", "default", or "none" where the browser has no notifications. */
export const permission = () => globalThis.Notification?.permission ?? "none";

export async function askPermission() {
  return (await globalThis.Notification?.requestPermission()) ?? "none";
}

/** Say in the page's title how much waits. */
export function entitle(count) {
  document.title = `${count ? `(${count}) ` : ""}${t("page.desk")} · acd`;
}
