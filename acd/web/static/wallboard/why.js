// The engine's reasons as sentences.

import { has, t, word } from "../shared/i18n.js";

/** Why an agent was asked, or not, in the reader's language as far as the catalogue has it. */
export function because(why) {
  const skill = /^skill:(.+) needs (\d+) has (\d+)$/.exec(why);
  if (skill) return t("why.skill", { skill: skill[1], needs: skill[2], has: skill[3] });
  if (why.startsWith("preference ")) return why.split(", ").map(term).join(", ");
  const [first, second = ""] = why.split(":");
  if (has(`why.beside.${second}`)) {
    return t(`why.beside.${second}`, { channel: word("channel", first) });
  }
  const said = has(`why.${first}`) ? t(`why.${first}`) : first.replaceAll("_", " ");
  return second ? `${said} (${word("reason", second)})` : said;
}

function term(text) {
  const [, name, number, unit] = /^(.+?) (-?[\d.]+)( s)?$/.exec(text) ?? [];
  if (!name) return text;
  return `${word("term", name)} ${number}${unit ?? ""}`;
}
