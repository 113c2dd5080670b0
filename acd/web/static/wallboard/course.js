// The course of the day as two charts: what came and what became of it; and the service level.

import { html, useEffect, useNow, useRef, useState } from "../shared/dom.js";
import { language, percent, t } from "../shared/i18n.js";
import { GOAL, laid, total } from "./feed.js";
import { Surveys } from "./surveys.js";

const HOUR = 3_600_000;
const LEAST_HOURS = 6;
const EDGE = { left: 44, right: 8, top: 10, bottom: 24 };

export function Course({ queues, today, surveys }) {
  const [chosen, choose] = useState("");
  const now = useNow(60_000);
  const names = chosen ? [chosen] : Object.keys(today?.queues ?? {});
  const intervals = laid(names.map((name) => today?.queues[name] ?? []));
  const day = total(intervals);
  const width = (today?.interval_seconds ?? 900) * 1000;
  return html`<section class="course card" aria-label=${t("course")}>
    <header><h2>${t("course")}</h2>
      <select class="input" aria-label=${t("queue")} onChange=${(event) => choose(event.target.value)}>
        <option value="">${t("queues.all")}</option>
        ${queues.map(({ name, title }) => html`<option value=${name}
          selected=${name === chosen} dir="auto">${title || name}</option>`)}</select></header>
    <div class="charts">
      <figure><figcaption>
          <span class="key offered">${t("offered")} <b class="number">${day.offered}</b></span>
          <span class="key answered">${t("answered")} <b class="number">${day.answered}</b></span>
          <span class="key abandoned">${t("abandoned")} <b class="number">${day.abandoned}</b></span>
        </figcaption>
        <${Chart} intervals=${intervals} interval=${width} now=${now} draw=${Counts}
          label=${t("course.counts", day)} top=${topOf(intervals)} format=${String} /></figure>
      <figure><figcaption><span class="key level">${t("service-level")}
          <b class="number">${percent(day.service_level)}</b></span>
          <span class="key goal">${t("goal", { share: percent(GOAL) })}</span></figcaption>
        <${Chart} intervals=${intervals} interval=${width} now=${now} draw=${Level} top=${1}
          label=${t("course.level", { share: percent(day.service_level) })}
          format=${percent} /></figure>
    </div>
    <${Surveys} surveys=${surveys} />
    <${Table} intervals=${intervals} />
  </section>`;
}

/** The end of the scale: four steps of a round number. */
function topOf(intervals) {
  const most = Math.max(4, ...intervals.map((one) => Math.max(one.offered,
    one.answered + one.abandoned)));
  const step = 10 ** Math.floor(Math.log10(most / 4));
  return 4 * step * [1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10].find((factor) =>
    4 * step * factor >= most && Number.isInteger(step * factor));
}

/** Axes; `draw` puts the data between them, given functions that say where an instant and a value are. */
function Chart({ intervals, interval, now, draw, label, top, format }) {
  const [ref, [width, height]] = useSize();
  const midnight = new Date(now).setHours(0, 0, 0, 0);
  const first = Math.floor((Date.parse(intervals[0]?.at) || now) / HOUR) * HOUR;
  const end = Math.ceil((now + 1) / HOUR) * HOUR;
  const from = Math.max(midnight, Math.min(first, end - LEAST_HOURS * HOUR));
  const until = Math.max(end, from + LEAST_HOURS * HOUR);
  const [wide, high] = [width - EDGE.left - EDGE.right, height - EDGE.top - EDGE.bottom];
  const x = (at) => EDGE.left + (wide * (at - from)) / (until - from);
  Object.assign(x, { from: EDGE.left, until: width - EDGE.right });
  const y = (value) => EDGE.top + high * (1 - value / top);
  const every = [1, 2, 3, 4, 6, 12].find((step) => (wide * step * HOUR) / (until - from) > 80) ?? 12;
  const hours = Array.from({ length: (until - from) / HOUR + 1 }, (_, at) => from + at * HOUR)
    .filter((at) => new Date(at).getHours() % every === 0);
  const hour = new Intl.DateTimeFormat(language, { hour: "numeric" });
  return html`<div class="plot" ref=${ref}>${width > 0 && html`<svg class="chart" role="img" aria-label=${label}
      width=${width} height=${height}>
    ${[0, 1, 2, 3, 4].map((part) => html`<line class="grid" x1=${EDGE.left} x2=${width - EDGE.right}
        y1=${y((top * part) / 4)} y2=${y((top * part) / 4)} />
      ${part % 2 === 0 && html`<text class="tick" x=${EDGE.left - 6} y=${y((top * part) / 4) + 5}
        text-anchor="end">${format((top * part) / 4)}</text>`}`)}
    ${hours.map((at) => html`<text class="tick" x=${x(at)} y=${height - 4} text-anchor=${
      x(at) > width - 40 ? "end" : x(at) < EDGE.left + 20 ? "start" : "middle"}>${hour.format(at)}</text>`)}
    <${draw} intervals=${intervals} interval=${interval} x=${x} y=${y} />
    <line class="now" x1=${x(now)} x2=${x(now)} y1=${EDGE.top} y2=${height - EDGE.bottom} /></svg>`}
  </div>`;
}

function Counts({ intervals, interval, x, y }) {
  return intervals.map((one) => {
    const at = Date.parse(one.at);
    const [left, width] = [x(at) + 1, Math.max(2, x(at + interval) - x(at) - 2)];
    const bar = (kind, low, high) => high > low && html`<rect class=${kind} x=${left} width=${width}
      y=${y(high)} height=${y(low) - y(high)} />`;
    return html`<g key=${one.at}>
      ${bar("answered", 0, one.answered)}
      ${bar("abandoned", one.answered, one.answered + one.abandoned)}
      ${one.offered > 0 && html`<line class="offered" x1=${left - 1} x2=${left + width + 1}
        y1=${y(one.offered)} y2=${y(one.offered)} />`}</g>`;
  });
}

function Level({ intervals, interval, x, y }) {
  const points = intervals.filter((one) => one.service_level !== null)
    .map((one) => [x(Date.parse(one.at) + interval / 2), y(one.service_level)]);
  return html`<line class="goal" x1=${x.from} x2=${x.until} y1=${y(GOAL)} y2=${y(GOAL)} />
    <polyline class="level" points=${points.map((point) => point.join()).join(" ")} />
    ${points.map(([cx, cy]) => html`<circle class="level" cx=${cx} cy=${cy} r="3.5" />`)}`;
}

/** The same as a table, for who cannot see the picture. */
function Table({ intervals }) {
  const time = new Intl.DateTimeFormat(language, { timeStyle: "short" });
  return html`<div class="sr-only"><table><caption>${t("course")}</caption>
    <thead><tr>${["time", "offered", "answered", "abandoned", "service-level"].map((name) => html`
      <th scope="col">${t(name)}</th>`)}</tr></thead>
    <tbody>${intervals.map((one) => html`<tr key=${one.at}>
      <th scope="row">${time.format(Date.parse(one.at))}</th><td>${one.offered}</td>
      <td>${one.answered}</td><td>${one.abandoned}</td><td>${percent(one.service_level)}</td></tr>`)}
    </tbody></table></div>`;
}

/** Width and height that an element has, as they change. */
function useSize() {
  const ref = useRef();
  const [size, set] = useState([0, 0]);
  useEffect(() => {
    const watch = new ResizeObserver(([{ contentRect }]) =>
      set([Math.floor(contentRect.width), Math.floor(contentRect.height)]));
    watch.observe(ref.current);
    return () => watch.disconnect();
  }, []);
  return [ref, size];
}
