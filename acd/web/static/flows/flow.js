// One flow: its drawing with how often each way and node was taken, and what is told of a node.

import { html, useEffect, useRef } from "../shared/dom.js";
import { t } from "../shared/i18n.js";
import { Figures, Legend, OUTCOMES } from "./list.js";
import { Node, waysOf } from "./node.js";
import { place } from "./place.js";

const SMALLEST = 0.72; // of its size, a drawing can still be read; a larger one is scrolled
const THIN = 1.4; // of a way that nobody takes, in pixels
const THICK = 5; // of the one that is taken most

export function Flow({ flow, chosen }) {
  const box = flow.boxes.find(({ id }) => id === chosen);
  return html`<${Figures} of=${flow} />
    <div class="both">
      <div class="card paper" tabindex="0" role="region" aria-label=${t("drawing")}>
        <${Drawing} flow=${flow} chosen=${chosen} /></div>
      ${box ? html`<${Node} flow=${flow} box=${box} />`
        : html`<p class="card hint quiet-text">${t("choose-node")}</p>`}
    </div>
    <${Table} flow=${flow} />
    <${Legend} />`;
}

function Drawing({ flow, chosen }) {
  const most = Math.max(1, ...flow.ways.map(({ taken }) => taken));
  const ref = useRef();
  useEffect(() => {
    // The start in sight, also where the paper is wider than the window.
    const start = flow.boxes.find((one) => one.is_start);
    const showStart = () => {
      const paper = ref.current.parentElement;
      const scale = ref.current.clientWidth / flow.width;
      if (start) paper.scrollLeft = start.x * scale - paper.clientWidth / 2;
    };
    showStart();
    addEventListener("resize", showStart);
    return () => removeEventListener("resize", showStart);
  }, []);
  return html`<svg ref=${ref} class="drawing" width=${flow.width}
      style=${{ minWidth: `${SMALLEST * flow.width}px` }}
      viewBox=${`0 0 ${flow.width} ${flow.height}`} role="group"
      aria-label=${flow.title || flow.name}>
    <defs>${["way", "failure"].map((kind) => html`<marker id="end-${kind}" viewBox="0 0 8 8"
      refX="7.5" refY="4" markerWidth="9" markerHeight="9" markerUnits="userSpaceOnUse"
      orient="auto"><path class="end ${kind}" d="M0,0L8,4L0,8z" /></marker>`)}</defs>
    ${flow.ways.map((way, at) => html`<path key=${at} d=${way.path}
      class="way ${way.is_failure ? "failure" : ""} ${way.taken ? "" : "never"}
        ${touches(way, chosen)}"
      stroke-width=${THIN + ((THICK - THIN) * way.taken) / most}
      marker-end="url(#end-${way.is_failure ? "failure" : "way"})" />`)}
    ${flow.ways.map((way, at) => html`<${Label} key=${at} way=${way} />`)}
    ${flow.boxes.map((box) => html`<${Box} key=${box.id} flow=${flow} box=${box}
      isChosen=${box.id === chosen} />`)}
  </svg>`;
}

const touches = ({ source, target }, chosen) =>
  chosen && (source === chosen || target === chosen) ? "near" : "";

function Label({ way }) {
  const text = way.label ? `${way.label} · ${way.taken}` : String(way.taken);
  const width = text.length * 6.8 + 8;
  return html`<rect class="label-back" x=${way.label_x - width / 2} y=${way.label_y - 9}
      width=${width} height="18" />
    <text class="label ${way.is_failure ? "failure" : ""}" x=${way.label_x} y=${way.label_y + 4}
      text-anchor="middle">${text}</text>`;
}

function Box({ flow, box, isChosen }) {
  const [left, top] = [box.x - box.width / 2, box.y - box.height / 2];
  const leads = box.type === "flow" ? place(box.name) : place(flow.name, box.id);
  const label = t("node.label", { name: box.name, type: box.type, count: box.entered });
  return html`<a href=${leads} aria-label=${label} aria-current=${isChosen ? "true" : null}
      class="box ${box.type === "flow" ? "flow" : ""} ${box.is_start ? "start" : ""}
        ${isChosen ? "chosen" : ""}">
    <rect x=${left} y=${top} width=${box.width} height=${box.height} rx="7" />
    <text class="name" x=${left + 10} y=${top + 20}>${short(box.name, 17)}</text>
    <text class="count" x=${left + box.width - 10} y=${top + 20} text-anchor="end">
      <tspan class="type">${box.type}</tspan>${" "}<tspan>${box.entered}</tspan></text>
    ${box.lines.map((line, at) => html`<text class="line" x=${left + 10}
      y=${top + 37 + 15 * at}>${line}</text>`)}
    <${Outcomes} box=${box} left=${left} top=${top} />
  </a>`;
}

/** A strip at the foot of a box: what became of those who were last here. */
function Outcomes({ box, left, top }) {
  const all = OUTCOMES.reduce((sum, name) => sum + box[name], 0);
  if (!all) return null;
  const wide = box.width - 20;
  let at = left + 10;
  return OUTCOMES.map((name) => {
    const [x, width] = [at, (wide * box[name]) / all];
    at += width;
    return width > 0 && html`<rect class="part ${name}" x=${x} y=${top + box.height - 4}
      width=${width} height="4" />`;
  });
}

const short = (text, most) => (text.length <= most ? text : `${text.slice(0, most - 1)}…`);

/** The same as a table, for who cannot see the drawing or wants to compare. */
function Table({ flow }) {
  const nodes = flow.boxes.filter(({ type }) => type !== "flow");
  return html`<details class="card"><summary>${t("as-table")}</summary>
    <div class="scrolls" tabindex="0" role="region" aria-label=${t("as-table")}>
    <table class="list"><thead><tr><th scope="col">${t("node")}</th>
        ${["entered", ...OUTCOMES].map((name) => html`<th scope="col">${t(name)}</th>`)}
        <th scope="col">${t("ways")}</th></tr></thead>
      <tbody>${nodes.map((box) => html`<tr key=${box.id}>
        <th scope="row"><a href=${place(flow.name, box.id)}>${box.name}</a>${" "}
          <span class="quiet-text name">${box.type}</span></th>
        ${["entered", ...OUTCOMES].map((name) => html`<td class="number">${box[name]}</td>`)}
        <td class="ways">${waysOf(flow, box).map(({ label, to, taken }) => html`<div>
          ${label} → ${to} <b class="number">${taken}</b></div>`)}</td></tr>`)}</tbody></table>
    </div></details>`;
}
