// The telephone in the browser: SIP over our server's websocket, sound by WebRTC.

import { api, seg } from "../shared/api.js";
import { kept, Store } from "../shared/store.js";
import { attempt, say } from "../shared/toasts.js";
import { t } from "../shared/i18n.js";

const REGISTER_SECONDS = 120;
const EXPECTED_MS = 8_000;
const DTMF = { transportType: "RFC2833", duration: 120, interToneGap: 80 };
const NO_CALL = { call: "", isHeld: false, isMuted: false, since: 0 };

/** "browser", or "sip" for a telephone on the table that we only watch. */
export const mode = kept("phone.mode", "browser");
export const microphone = kept("phone.microphone", "");
export const speaker = kept("phone.speaker", "");
/** Whether the browser takes noise and echo out of what is said; a good headset needs none of it. */
export const isCleaned = kept("phone.cleaned", true);

/**
 * The one telephone of this page.
 *
 * `state` holds `line` ("off", "connecting", "ready", "failed"), `call` ("", "ringing", "up"),
 * `isHeld`, `isMuted`, `since` (ms) and `problem`.
 */
class Phone {
  state = new Store({ line: "off", problem: "", ...NO_CALL });
  #agent = null;
  #session = null;
  #isExpected = 0; // until then, ms
  #sound = new Audio();
  /** What is heard and said, for the level meter. */
  heard = null;
  said = null;

  /** Register; nothing happens for an agent whose telephone is elsewhere. */
  async start() {
    if (this.#agent || mode.value !== "browser") return;
    this.state.patch({ line: "connecting", problem: "" });
    try {
      const [found, { default: JsSIP }] = await Promise.all([
        api.get("/session/sip"), import("../vendor/jssip.js"),
      ]);
      if (mode.value !== "browser" || this.#agent) return;
      this.#register(JsSIP, found);
    } catch (error) {
      this.state.patch({ line: error.code === "no-phone" ? "off" : "failed", problem: error.code });
    }
  }

  #register(JsSIP, found) {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new JsSIP.WebSocketInterface(`${scheme}://${location.host}${found.path}`);
    const agent = new JsSIP.UA({
      sockets: [socket], uri: found.uri, authorization_user: found.user, realm: found.realm,
      ha1: found.ha1, register_expires: REGISTER_SECONDS, session_timers: false,
      connection_recovery_min_interval: 1, connection_recovery_max_interval: 10,
      user_agent: "acd desk",
    });
    agent.on("registered", () => this.state.patch({ line: "ready", problem: "" }));
    agent.on("unregistered", () => this.state.patch({ line: "connecting" }));
    agent.on("registrationFailed", ({ cause }) =>
      this.state.patch({ line: "failed", problem: cause }));
    agent.on("disconnected", () => this.state.patch({ line: "connecting" }));
    agent.on("newRTCSession", ({ session, originator }) => this.#arrived(session, originator));
    agent.start();
    this.#agent = agent;
  }

  /** Hang up and register no more. */
  stop() {
    this.hangUp();
    this.#agent?.stop();
    this.#agent = null;
    this.state.value = { line: "off", problem: "", ...NO_CALL };
  }

  #arrived(session, originator) {
    if (this.#session || originator !== "remote") {
      session.terminate({ status_code: 486 });
      return;
    }
    this.#session = session;
    session.on("peerconnection", ({ peerconnection }) => {
      peerconnection.addEventListener("track", ({ streams }) => this.#play(streams[0]));
    });
    session.on("confirmed", () => {
      this.said = session.connection.getSenders().find(({ track }) => track)?.track ?? null;
      this.state.patch({ call: "up", since: Date.now() });
    });
    session.on("hold", () => this.state.patch({ isHeld: session.isOnHold().local }));
    session.on("unhold", () => this.state.patch({ isHeld: session.isOnHold().local }));
    session.on("muted", () => this.state.patch({ isMuted: true }));
    session.on("unmuted", () => this.state.patch({ isMuted: false }));
    session.on("getusermediafailed", () => say(t("phone.no-microphone"), "bad"));
    session.on("ended", () => this.#over(session));
    session.on("failed", () => this.#over(session));
    this.state.patch({ ...NO_CALL, call: "ringing", since: Date.now() });
    if (Date.now() < this.#isExpected) this.answer();
    this.#isExpected = 0;
  }

  #play(stream) {
    this.heard = stream;
    this.#sound.srcObject = stream;
    this.#sound.autoplay = true;
    if (speaker.value) this.#sound.setSinkId?.(speaker.value).catch(() => null);
    this.#sound.play().catch(() => say(t("phone.no-sound"), "bad"));
  }

  #over(session) {
    if (this.#session !== session) return;
    this.#session = null;
    this.heard = this.said = this.#sound.srcObject = null;
    this.state.patch(NO_CALL);
  }

  /** Answer what rings next, if it does so soon: the agent asked for that call. */
  expect() {
    this.#isExpected = Date.now() + EXPECTED_MS;
  }

  answer() {
    const audio = { echoCancellation: isCleaned.value, noiseSuppression: isCleaned.value,
      autoGainControl: isCleaned.value };
    if (microphone.value) audio.deviceId = { ideal: microphone.value };
    this.#session?.answer({
      mediaConstraints: { audio, video: false }, pcConfig: { iceServers: [] },
    });
  }

  hangUp() {
    this.#session?.terminate(this.state.value.call === "ringing" ? { status_code: 486 } : {});
  }

  toggleHold() {
    if (this.state.value.isHeld) this.#session?.unhold();
    else this.#session?.hold();
  }

  toggleMute() {
    if (this.state.value.isMuted) this.#session?.unmute({ audio: true });
    else this.#session?.mute({ audio: true });
  }

  press(key) {
    this.#session?.sendDTMF(key, DTMF);
  }

  /** Use another loudspeaker from now on. */
  useSpeaker(id) {
    speaker.value = id;
    this.#sound.setSinkId?.(id).catch(() => say(t("phone.no-sound"), "bad"));
  }

  /** What the browser knows of the call's packets; for who looks for a fault, and for tests. */
  async stats() {
    const found = {};
    for (const [, one] of (await this.#session?.connection?.getStats()) ?? []) {
      if (["inbound-rtp", "outbound-rtp", "transport"].includes(one.type)) found[one.type] = one;
    }
    return found;
  }
}

export const phone = new Phone();
mode.subscribe((value) => (value === "browser" ? phone.start() : phone.stop()));
addEventListener("beforeunload", (event) => {
  if (phone.state.value.call === "up") event.preventDefault(); // a reload would end the call
});

/** Ring a customer on the matter of a contact; our own phone rings first, and is answered. */
export const callOut = (contact, number) => attempt(async () => {
  phone.expect();
  await api.post(`/contacts/${seg(contact)}/call`, { number });
});
