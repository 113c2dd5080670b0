// A contact's trace as a picture: a row for each party, bars for how long, marks for what happened.

import { html, useEffect, useRef, useState } from "../shared/dom.js";
import { duration, span, t, word } from "../shared/i18n.js";

const ROW = 34;
const HEAD = 26;
const LEAST_SECONDS = 1;

/** Records that are marks in the row of events: type → kind of mark, which is its colour. */
const MARKS = {
  MessageAdded: (data) => (data.author === "customer" ? "in" : "out"),
  DigitTaken: () => "in",
  MessageStarted: () => "in",
  RequirementRelaxed: () => "rule",
  PriorityChanged: () => "rule",
  ContactTransferred: () => "rule",
  ContactEnded: () => "end",
};

/** Read rows and marks out of a trace. Pure. */
export function rowsOf(trace) {
  const rows = new Map();
  const marks = [];
  const open = new Map(); // what is going on: key → bar
  const begin = (key, party, kind, at) => {
    const row = rows.get(party.name) ?? { ...party, bars: [] };
    rows.set(party.name, row);
    const bar = { kind, from: at, to: null };
    row.bars.push(bar);
    open.set(key, bar);
  };
  const end = (key, at, outcome = "") => {
    const bar = open.get(key);
    if (bar) Object.assign(bar, { to: at, outcome });
    open.delete(key);
  };
  const flow = (name) => ({ name: `flow ${name}`, title: name, kind: "flow" });
  const queue = (name) => ({ name: `queue ${name}`, title: name, kind: "queue" });
  const agent = (name) => ({ name: `agent ${name}`, title: name, kind: "agent" });
  for (const { type, data, after_seconds: at, is_elsewhere, text } of trace.steps) {
    if (is_elsewhere) continue;
    if (type in MARKS) marks.push({ at, kind: MARKS[type](data), text });
    if (type === "FlowEntered") {
      end("segment", at);
      begin("segment", flow(data.flow), "flow", at);
    } else if (type === "ContactQueued") {
      end("segment", at);
      begin("segment", queue(data.queue), "queue", at);
    } else if (type === "OfferMade") {
      begin(`offer ${data.offer}`, agent(data.agent), "offer", at);
    } else if (type === "OfferEnded") {
      end(`offer ${data.offer}`, at, data.outcome);
    } else if (type === "OfferAccepted") {
      end(`offer ${data.offer}`, at, "accepted");
      end("segment", at);
      begin("segment", agent(data.agent), "talk", at);
    } else if (type === "QueueLeft" || type === "ContactTransferred" || type === "ContactEnded") {
      end("held", at);
      end("segment", at);
    } else if (type === "WorkHeld") {
      begin("held", agent(data.agent), "held", at);
    } else if (type === "WorkResumed") {
      end("held", at);
    } else if (type === "WrapupStarted") {
      begin(`wrapup ${data.agent}`, agent(data.agent), "wrapup", at);
    } else if (type === "WorkDone") {
      end(`wrapup ${data.agent}`, at);
    }
  }
  return { rows: [...rows.values()], marks };
}

export function Picture({ trace, titles }) {
  const box = useRef();
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const watch = new ResizeObserver(([entry]) => setWidth(Math.floor(entry.contentRect.width)));
    watch.observe(box.current);
    return () => watch.disconnect();
  }, []);
  return html`<div class="picture" ref=${box}>${width > 0 && html`<${Drawing} trace=${trace}
    titles=${titles} width=${width} />`}</div>`;
}

function Drawing({ trace, titles, width }) {
  const { rows, marks } = rowsOf(trace);
  const last = trace.steps.at(-1)?.after_seconds ?? 0;
  const begun = Date.parse(trace.opened_at);
  const isOpen = rows.some(({ bars }) => bars.some(({ to }) => to === null));
  const length = Math.max(LEAST_SECONDS, isOpen ? (Date.now() - begun) / 1000 : last);
  const label = Math.min(150, width * 0.28);
  const x = (seconds) => label + ((width - label - 12) * Math.min(seconds, length)) / length;
  const height = HEAD + (rows.length + (marks.length ? 1 : 0)) * ROW + 6;
  const ticks = ticksOf(length, (width - label) / 76);
  const markY = HEAD + rows.length * ROW + ROW / 2;
  const name = t("picture", { duration: duration(length), parties: rows.map((row) =>
    nameOf(row, titles)).join(", ") });
  return html`<svg role="img" aria-label=${name} width=${width} height=${height}>
    ${ticks.map((at) => html`<line class="grid" x1=${x(at)} x2=${x(at)} y1=${HEAD - 4} y2=${height} />
      <text class="tick" x=${x(at)} y="14" text-anchor=${x(at) > width - 30 ? "end" : "middle"}>
        ${duration(at)}</text>`)}
    ${rows.map((row, place) => {
      const y = HEAD + place * ROW;
      return html`<g key=${row.name}>
        <text class="party" x="0" y=${y + 21}>${short(nameOf(row, titles), label)}
          <title>${word("segment", row.kind)}: ${titles(row.title)}</title></text>
        ${row.bars.map((bar) => html`<${Bar} bar=${bar} x=${x} y=${y} until=${length} />`)}</g>`;
    })}
    ${marks.length > 0 && html`<text class="party quiet" x="0" y=${markY + 4}>${t("events")}</text>`}
    ${marks.map(({ at, kind, text }) => html`<circle class="mark ${kind}" cx=${x(at)} cy=${markY} r="5">
      <title>${span(at)} ${text}</title></circle>`)}
  </svg>
  <p class="legend">${kindsOf(rows).map((kind) => html`<span><i class="swatch ${kind}"></i>
    ${t(`bar.${kind}`)}</span>`)}</p>`;
}

function Bar({ bar, x, y, until }) {
  const to = bar.to ?? until;
  const width = Math.max(3, x(to) - x(bar.from));
  const isThin = bar.kind === "held";
  const said = `${t(`bar.${bar.kind}`)} ${span(to - bar.from)}`;
  const outcome = bar.outcome ? `, ${word("outcome", bar.outcome)}` : "";
  return html`<rect class="bar ${bar.kind} ${bar.to === null ? "open" : ""}" x=${x(bar.from)}
      y=${y + (isThin ? 22 : 6)} width=${width} height=${isThin ? 6 : 22} rx="3">
      <title>${said}${outcome}</title></rect>
    ${width > 60 && !isThin && html`<text class="in-bar ${bar.kind}" x=${x(bar.from) + 7} y=${y + 21}>
      ${span(to - bar.from)}</text>`}`;
}

const kindsOf = (rows) => ["flow", "queue", "offer", "talk", "held", "wrapup"].filter((kind) =>
  rows.some(({ bars }) => bars.some((bar) => bar.kind === kind)));

/** Flows have no titles, and often the name of a queue. */
const nameOf = (row, titles) =>
  row.kind === "flow" ? `${t("bar.flow")} ${row.title}` : titles(row.title);

/** Cut a text to what fits, by the width of a usual letter. */
function short(text, width) {
  const most = Math.max(4, Math.floor(width / 8) - 1);
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}

/** Round instants, not more than `most` of them. */
function ticksOf(length, most) {
  const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400];
  const step = steps.find((one) => length / one <= most) ?? Math.ceil(length / most);
  return Array.from({ length: Math.floor(length / step) + 1 }, (_, at) => at * step);
}
