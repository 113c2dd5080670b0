// What every page begins with: texts, session, sign-in, the bar at the top.

import { api, session, useCsrf } from "./api.js";
import { html, Icon, Menu, render, useEffect, useRef, useState, useStore } from "./dom.js";
import { chooseLanguage, language, LANGUAGES, loadTexts, t } from "./i18n.js";
import { forgetKept, holdsKept, Store } from "./store.js";
import { told, Toasts } from "./toasts.js";

const RANK = ["read", "agent", "supervisor", "admin"];
const PAGES = [
  { path: "/", name: "desk", least: "agent" },
  { path: "/wallboard", name: "wallboard", least: "supervisor" },
  { path: "/flows", name: "flows", least: "supervisor" },
  { path: "/admin", name: "admin", least: "admin" },
];

/** Who has signed in: `{ agent, role }`, or null. */
export const who = new Store(null);

/** Whether a role may do what needs at least another. */
export const allows = (role, least) => RANK.indexOf(role) >= RANK.indexOf(least);

function takeSession(document) {
  useCsrf(document.csrf);
  who.value = { agent: document.agent, role: document.role };
}

/** End the session, and forget what the browser kept of customers. */
export async function signOut() {
  if (holdsKept(["draft.", "unsent"]) && !confirm(t("signout.unsent"))) return;
  await api.delete("/session").catch(() => null);
  forgetKept(["draft.", "unsent"]);
  who.value = null;
}

/**
 * Draw a page: sign-in first, if need be, then `page`.
 *
 * Args: the name of the page's own catalogue, the least role it is for, the component, and names of
 * catalogues of other pages whose words it uses.
 */
export async function startPage(name, least, page, also = []) {
  await loadTexts("shared", ...also, name);
  document.title = `${t(`page.${name}`)} · acd`;
  session.addEventListener("signed-out", () => (who.value = null));
  try {
    takeSession(await api.get("/session"));
  } catch {
    // Not signed in, or nobody there: the sign-in page says which when it is tried.
  }
  render(html`<${Page} least=${least} page=${page} />`, document.getElementById("page"));
}

function Page({ least, page }) {
  const me = useStore(who);
  if (!me) return html`<${SignIn} /><${Toasts} />`;
  if (!allows(me.role, least)) return html`<${TopBar} /><main class="signin">
    <p>${t("role-needed", { role: t(`role.${least}`) })}</p></main>`;
  return html`<${page} me=${me} /><${Toasts} />`;
}

function SignIn() {
  const [error, setError] = useState("");
  const [isBusy, setBusy] = useState(false);
  const login = useRef();
  useEffect(() => login.current.focus(), []);
  const submit = async (event) => {
    event.preventDefault();
    const form = new FormData(event.target);
    setBusy(true);
    setError("");
    try {
      const found = { login: form.get("login"), password: form.get("password") };
      takeSession(await api.post("/session", found));
    } catch (problem) {
      setError(told(problem));
      setBusy(false);
    }
  };
  return html`<main class="signin">
    <form class="card" onSubmit=${submit}>
      <h1>${t("signin.title")}</h1>
      ${error && html`<p class="error" role="alert">${error}</p>`}
      <label class="field"><span>${t("signin.login")}</span>
        <input class="input" name="login" ref=${login} autocomplete="username" autocapitalize="none"
          spellcheck=${false} required maxlength="80" /></label>
      <label class="field"><span>${t("signin.password")}</span>
        <input class="input" name="password" type="password" autocomplete="current-password"
          required maxlength="200" /></label>
      <button class="button primary wide" disabled=${isBusy}>${t("signin.submit")}</button>
      <${LanguageChoice} />
    </form></main>`;
}

function LanguageChoice() {
  return html`<div class="row" role="group" aria-label=${t("language")}>
    ${Object.entries(LANGUAGES).map(([code, name]) => html`<button type="button" class="button quiet"
      lang=${code} aria-pressed=${String(code === language)}
      onClick=${() => chooseLanguage(code)}>${name}</button>`)}</div>`;
}

function chooseTheme(theme) {
  localStorage.setItem("acd.theme", theme);
  document.documentElement.dataset.theme = theme;
}

/** The bar: pages that the role allows, `children`, and the person's own menu. */
export function TopBar({ children, onHelp }) {
  const me = useStore(who);
  const pages = PAGES.filter(({ least }) => allows(me.role, least));
  return html`<header class="topbar">
    <span class="brand">acd</span>
    ${pages.length > 1 && html`<nav aria-label=${t("pages")}>${pages.map(({ path, name }) => html`
      <a href=${path} aria-current=${location.pathname === path ? "page" : null}>
        ${t(`page.${name}`)}</a>`)}</nav>`}
    ${children}
    <span class="push"></span>
    ${onHelp && html`<button type="button" class="button quiet icon" onClick=${onHelp}
      title=${t("shortcuts")} aria-label=${t("shortcuts")}><${Icon} name="help" /></button>`}
    <${Menu} align="right" title=${t("account", { name: me.agent })}
      label=${html`<${Icon} name="user" /><span class="wide-only">${me.agent}</span>`}>
      ${["light", "dark", "auto"].map((theme) => html`<button type="button" class="choice"
        onClick=${() => chooseTheme(theme)}>${t(`theme.${theme}`)}</button>`)}
      <hr />
      ${Object.entries(LANGUAGES).map(([code, name]) => html`<button type="button" class="choice"
        lang=${code} onClick=${() => chooseLanguage(code)}>${name}</button>`)}
      <hr />
      <button type="button" class="choice" onClick=${signOut}>${t("signout")}</button>
    </${Menu}>
  </header>`;
}

/** A band while the live feed is away; what is shown may be old. */
export function ConnectionBand({ status }) {
  if (status === "online") return null;
  const kind = status === "offline" ? "bad" : "";
  return html`<div class="band ${kind}" role="alert">
    <span class="dot ${status === "offline" ? "bad" : "warn"} pulse"></span>
    ${t(`connection.${status}`)}</div>`;
}
