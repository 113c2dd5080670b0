// A classic script, run before the first paint: a page must not flash in the other theme.
"use strict";
(() => {
  const theme = localStorage.getItem("acd.theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
})();
