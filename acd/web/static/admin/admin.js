// Administration: agents, versions of the dialplans, tokens of programs, recordings, who did what,
// and whether all is well.

import { html, useEffect, useState } from "../shared/dom.js";
import { t } from "../shared/i18n.js";
import { startPage, TopBar } from "../shared/page.js";
import { Agents } from "./agents.js";
import { Audit } from "./audit.js";
import { Recordings } from "./recordings.js";
import { Site } from "./site.js";
import { Tokens } from "./tokens.js";
import { Versions } from "./versions.js";

const PARTS = {
  agents: Agents, versions: Versions, tokens: Tokens, recordings: Recordings, audit: Audit, site: Site,
};

function Admin() {
  const [part, choose] = useState(partOf());
  useEffect(() => {
    const moved = () => choose(partOf());
    addEventListener("hashchange", moved);
    return () => removeEventListener("hashchange", moved);
  }, []);
  return html`<div class="admin">
    <${TopBar} />
    <nav class="parts" aria-label=${t("parts")}>${Object.keys(PARTS).map((name) => html`
      <a href="#${name}" aria-current=${name === part ? "page" : null}>${t(`part.${name}`)}</a>`)}</nav>
    <main key=${part}><${PARTS[part]} /></main>
  </div>`;
}

const partOf = () => (location.hash.slice(1) in PARTS ? location.hash.slice(1) : "agents");

startPage("admin", "admin", Admin, ["desk"]);
