// What the lists of the page share: asking for them, waiting, failing, and being empty.

import { html, useCallback, useEffect, useState } from "../shared/dom.js";
import { t } from "../shared/i18n.js";
import { told } from "../shared/toasts.js";

/** Ask for something when drawn: `{ found, problem, again }`; `again` asks once more. */
export function useAsked(ask) {
  const [found, setFound] = useState(null);
  const [problem, setProblem] = useState("");
  const again = useCallback(async () => {
    try {
      setFound(await ask());
      setProblem("");
    } catch (error) {
      setProblem(told(error));
    }
  }, []);
  useEffect(() => {
    again();
  }, []);
  return { found, problem, again };
}

/** A list that grows by pages: `ask(next)` returns `[rows, next]`. */
export function usePages(ask) {
  const [{ rows, next }, set] = useState({ rows: null, next: null });
  const [problem, setProblem] = useState("");
  const load = async (from) => {
    try {
      const [found, following] = await ask(from);
      set((before) => ({ rows: from ? [...before.rows, ...found] : found, next: following }));
      setProblem("");
    } catch (error) {
      setProblem(told(error));
    }
  };
  useEffect(() => {
    load(null);
  }, []);
  return { rows, problem, again: () => load(null), more: next && (() => load(next)) };
}

/** Instead of a list: what went wrong and what to do, that it is asked for, or that it is empty. */
export function Instead({ rows, problem, again, empty }) {
  if (problem) return html`<div class="empty" role="alert"><p>${problem}</p>
    <button type="button" class="button" onClick=${again}>${t("again")}</button></div>`;
  if (!rows) return html`<p class="empty quiet-text" role="status">${t("loading")}</p>`;
  return rows.length ? null : html`<p class="empty quiet-text">${empty}</p>`;
}

export const More = ({ more }) => more && html`<button type="button" class="button wide"
  onClick=${more}>${t("more")}</button>`;

/** A secret that is shown once. */
export function Secret({ label, text }) {
  const [isCopied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    setCopied(true);
  };
  return html`<div class="secret"><span class="quiet-text">${label}</span>
    <code>${text}</code>
    <button type="button" class="button" onClick=${copy}>${t(isCopied ? "copied" : "copy")}</button>
  </div>`;
}
