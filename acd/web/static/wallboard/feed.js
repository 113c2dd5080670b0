// What the wallboard knows: the live feed of everything, the course of the day, and what is read
// from them.

import { api } from "../shared/api.js";
import { since } from "../shared/i18n.js";
import { Live } from "../shared/live.js";
import { Store } from "../shared/store.js";

export const live = new Live("wallboard");

/** The course of the day since midnight here, or null. */
export const course = new Store(null);

/** A share of contacts answered in time that is good, and one that is not good but not bad. */
export const GOAL = 0.8;
const CLOSE = 0.6;

/** What customers answered in the surveys of the last seven days. */
export const surveys = new Store([]);

export async function loadSurveys() {
  surveys.value = (await api.get("/reports/surveys")).surveys;
}

export async function loadCourse() {
  const midnight = new Date();
  midnight.setHours(0, 0, 0, 0);
  course.value = await api.get(`/reports/course?since=${midnight.toISOString()}`);
}

const NOTHING = { offered: 0, answered: 0, abandoned: 0, answered_in: 0, measured: 0 };

/** Add intervals up; the share is made of the sums, never of shares. */
export function total(intervals = []) {
  const sum = { ...NOTHING };
  for (const one of intervals) for (const name of Object.keys(sum)) sum[name] += one[name];
  return { ...sum, service_level: sum.measured ? sum.answered_in / sum.measured : null };
}

/** Intervals of some queues laid over each other, by instant. */
export function laid(lists) {
  const found = new Map();
  for (const one of lists.flat()) found.set(one.at, [...(found.get(one.at) ?? []), one]);
  return [...found].sort(([a], [b]) => Date.parse(a) - Date.parse(b))
    .map(([at, intervals]) => ({ at, ...total(intervals) }));
}

export const colourOfLevel = (share) =>
  share === null ? "" : share >= GOAL ? "good" : share >= CLOSE ? "warn" : "bad";

const isWaiting = ({ state }) => state === "waiting" || state === "offered";

/** Contacts of a queue: those that wait, first to be served first, then those in hand. */
export function contactsOf(data, queue) {
  const all = Object.values(data.contacts).filter((one) => one.queue === queue);
  const waiting = all.filter(isWaiting).sort((one, other) =>
    other.priority - one.priority || Date.parse(one.queued_at) - Date.parse(other.queued_at));
  return { waiting, inHand: all.filter(({ state }) => state === "active" || state === "wrapup") };
}

/** How long the one who waits longest has waited, by queue. */
export function longestWaits(data, now) {
  const found = {};
  for (const one of Object.values(data.contacts)) {
    if (!isWaiting(one) || !one.queue) continue;
    found[one.queue] = Math.max(found[one.queue] ?? 0, since(one.queued_at, now));
  }
  return found;
}

/** Who a contact is from, as people say it. */
export const nameOf = (contact) => contact?.customer?.name || contact?.ani || "";

/** As people count: 2 before 10. */
export const byTitle = (one, other) =>
  one.title.localeCompare(other.title, undefined, { numeric: true });

const ORDER = ["active", "on_line", "ringing", "wrapup", "available", "unreachable", "resting",
  "not_ready", "logged_out"];

/** Agents who work first, then by name: whoever looks finds the same person at the same place. */
export const agentsOf = (data) => Object.values(data.agents).sort((one, other) =>
  ORDER.indexOf(one.state) - ORDER.indexOf(other.state) || byTitle(one, other));

export const COLOURS = {
  available: "good", ringing: "accent", active: "accent", on_line: "accent", wrapup: "warn",
  not_ready: "warn", resting: "warn", unreachable: "bad", logged_out: "",
};

/** Since when an agent is in the state they are in, as far as the feed tells. */
export function stateSince(agent) {
  const kind = { active: ["active", "held"], ringing: ["offered"], wrapup: ["wrapup"] }[agent.state];
  if (!kind) return agent.state === "on_line" ? null : agent.presence_since;
  const times = agent.works.filter(({ state }) => kind.includes(state)).map(({ since: at }) => at);
  return times.sort()[0] ?? agent.presence_since;
}
