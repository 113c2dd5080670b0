// The wallboard: queues, agents and the course of the day, for whoever leads the centre.

import { html, useEffect, useNow, useState, useStore } from "../shared/dom.js";
import { language, t } from "../shared/i18n.js";
import { ConnectionBand, startPage, TopBar, who } from "../shared/page.js";
import { useShortcutHelp } from "../shared/shortcuts.js";
import { attempt } from "../shared/toasts.js";
import { AgentDialog, Agents } from "./agents.js";
import { Course } from "./course.js";
import { agentsOf, byTitle, course, live, loadCourse, loadSurveys, surveys } from "./feed.js";
import { Hours } from "./hours.js";
import { QueueDialog } from "./queue.js";
import { Queues } from "./queues.js";
import { StoryDialog } from "./story.js";

const COURSE_MS = 10_000;

const load = () => Promise.all([loadCourse(), loadSurveys()]);

function Wallboard() {
  const data = useStore(live.data);
  const status = useStore(live.status);
  const today = useStore(course);
  const answered = useStore(surveys);
  const [opened, open] = useState(null); // { kind, name }
  const close = () => open(null);

  useEffect(() => {
    live.start();
    return () => live.stop();
  }, []);
  useEffect(() => {
    if (status === "signed-out") who.value = null;
    if (status !== "online") return undefined;
    attempt(load);
    const timer = setInterval(() => load().catch(() => null), COURSE_MS);
    return () => clearInterval(timer);
  }, [status]);

  const queues = Object.values(data.queues).sort(byTitle);
  const [help, showHelp] = useShortcutHelp([
    { key: "q", text: t("shortcut.queues"), run: () => focusIn(".queues") },
    { key: "a", text: t("shortcut.agents"), run: () => focusIn(".agents") },
  ]);
  const show = (kind) => (name) => open({ kind, name });
  return html`<div class="wallboard">
    <${TopBar} onHelp=${showHelp}><${Hours} /><${Clock} /></${TopBar}>
    <${ConnectionBand} status=${status} />
    <main>
      <h1 class="sr-only">${t("page.wallboard")}</h1>
      <${Queues} queues=${queues} data=${data} today=${today} onOpen=${show("queue")} />
      <${Agents} agents=${agentsOf(data)} data=${data} onOpen=${show("agent")} />
      <${Course} queues=${queues} today=${today} surveys=${answered} />
    </main>
    ${opened?.kind === "queue" && html`<${QueueDialog} queue=${data.queues[opened.name]} data=${data}
      today=${today} onStory=${show("story")} onClose=${close} />`}
    ${opened?.kind === "agent" && html`<${AgentDialog} agent=${data.agents[opened.name]} data=${data}
      onStory=${show("story")} onClose=${close} />`}
    ${opened?.kind === "story" && html`<${StoryDialog} key=${opened.name} contact=${opened.name}
      version=${data.contacts[opened.name]?.version} data=${data} onClose=${close} />`}
    ${help}
  </div>`;
}

const focusIn = (place) => document.querySelector(`${place} button`)?.focus();

function Clock() {
  const now = useNow();
  const time = new Intl.DateTimeFormat(language, { timeStyle: "short" }).format(now);
  return html`<time class="clock number">${time}</time>`;
}

// For whoever looks for a fault from the browser's console, and for tests.
globalThis.acd = { live, course };

startPage("wallboard", "supervisor", Wallboard, ["desk"]);
