// Texts from catalogues, and how numbers and times are written.

export const LANGUAGES = { en: "English", es: "Español" };

let texts = {};
export let language = "en";

function chosenLanguage() {
  const wanted = [localStorage.getItem("acd.language"), ...navigator.languages];
  return wanted.map((one) => one?.slice(0, 2)).find((one) => one in LANGUAGES) ?? "en";
}

/** Load the catalogues named, such as "shared" and "desk"; English stands in for what is missing. */
export async function loadTexts(...names) {
  language = chosenLanguage();
  document.documentElement.lang = language;
  const languages = language === "en" ? ["en"] : ["en", language];
  const wanted = languages.flatMap((one) => names.map((name) => `/static/texts/${name}.${one}.json`));
  const loaded = await Promise.all(wanted.map(async (path) => (await fetch(path)).json()));
  texts = Object.assign({}, ...loaded);
}

/** Take another language, from the next load of the page on. */
export function chooseLanguage(one) {
  localStorage.setItem("acd.language", one);
  location.reload();
}

/** Whether there is a text of this name. */
export const has = (key) => key in texts;

/**
 * Return a text with its gaps filled. Given a number `count`, "key_one" is taken for one and
 * "key_other" for the rest, by the language's rules.
 */
export function t(key, values = {}) {
  let found = texts[key];
  if ("count" in values) {
    const form = new Intl.PluralRules(language).select(values.count);
    found = texts[`${key}_${form}`] ?? texts[`${key}_other`] ?? found;
  }
  if (found === undefined) return key;
  return found.replace(/\{(\w+)\}/g, (gap, name) => (name in values ? String(values[name]) : gap));
}

/** Return the text of one of the engine's words, or the word itself made readable. */
export function word(kind, value) {
  if (!value) return "";
  const key = `${kind}.${value}`;
  return has(key) ? texts[key] : String(value).replaceAll("_", " ");
}

/** Write seconds as 0:07, 12:34 or 1:02:03. */
export function duration(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (number) => String(number).padStart(2, "0");
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  return hours ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

/** Write seconds for a sentence: 0.3 s or 42 s, from a minute on as 1:02. */
export function span(seconds) {
  if (seconds >= 60) return duration(seconds);
  const digits = seconds < 10 ? 1 : 0;
  return `${new Intl.NumberFormat(language, { maximumFractionDigits: digits }).format(seconds)} s`;
}

/** Seconds from an instant of the API until now. */
export const since = (instant, now = Date.now()) => (now - Date.parse(instant)) / 1000;

/** Write an instant: the time if it is today, else the date, with the year if it is another. */
export function moment(instant) {
  const date = new Date(instant);
  const now = new Date();
  let style = { timeStyle: "short" };
  if (date.getFullYear() !== now.getFullYear()) style = { dateStyle: "medium" };
  else if (date.toDateString() !== now.toDateString()) {
    style = { day: "numeric", month: "short", hour: "numeric", minute: "2-digit" };
  }
  return new Intl.DateTimeFormat(language, style).format(date);
}

/** Write a share from 0 to 1 as per cent; a dash for what was never counted. */
export function percent(share) {
  if (share === null || share === undefined) return "–";
  return new Intl.NumberFormat(language, { style: "percent" }).format(share);
}

/** Write a number of bytes. */
export function bytes(size) {
  const units = ["B", "kB", "MB"];
  let unit = 0;
  while (size >= 1000 && unit < units.length - 1) [size, unit] = [size / 1000, unit + 1];
  return `${new Intl.NumberFormat(language, { maximumFractionDigits: 1 }).format(size)} ${units[unit]}`;
}
