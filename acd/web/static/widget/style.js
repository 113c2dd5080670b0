// The widget's look. It lives in a shadow tree, so the site's styles and ours never meet.
export const STYLE = `
:host {
  all: initial;
  color-scheme: light dark;
  --surface: light-dark(#ffffff, #181c22);
  --sunken: light-dark(#eef0f3, #0f1216);
  --line: light-dark(#d5dae1, #303742);
  --edge: light-dark(#767f8c, #7a8494);
  --text: light-dark(#171b21, #e8ebef);
  --quiet: light-dark(#4d5664, #a9b2bf);
  --accent: light-dark(#1456b8, #7fb2ff);
  --on-accent: light-dark(#ffffff, #0b1729);
  --mine: light-dark(#e3ecfa, #1c2c45);
  --warn: light-dark(#8a4b00, #f2b457);
  --warn-soft: light-dark(#fdf0dc, #35270f);
  font: 400 15px/1.45 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif;
  color: var(--text);
}
:host([data-theme="light"]) { color-scheme: light; }
:host([data-theme="dark"]) { color-scheme: dark; }
* { box-sizing: border-box; font: inherit; color: inherit; margin: 0; }
[hidden] { display: none !important; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
button { cursor: pointer; border: 0; background: none; border-radius: 6px; }
.launcher {
  position: fixed; right: 20px; bottom: 20px; z-index: 2147483000;
  display: flex; align-items: center; gap: 8px; height: 48px; padding: 0 18px; border-radius: 24px;
  background: var(--accent); color: var(--on-accent); font-weight: 600;
  box-shadow: 0 4px 16px light-dark(#171b2140, #000a);
}
.launcher svg { width: 20px; height: 20px; fill: currentColor; }
.badge {
  min-width: 22px; padding: 0 6px; border-radius: 11px; text-align: center; font-size: 13px;
  background: var(--on-accent); color: var(--accent);
}
.panel {
  position: fixed; right: 20px; bottom: 20px; z-index: 2147483000;
  display: flex; flex-direction: column; width: 380px; height: min(600px, calc(100vh - 40px));
  background: var(--surface); border: 1px solid var(--line); border-radius: 14px; overflow: hidden;
  box-shadow: 0 8px 40px light-dark(#171b2133, #000c);
}
header { display: flex; align-items: center; gap: 4px; padding: 10px 8px 10px 16px;
  border-bottom: 1px solid var(--line); }
h2 { flex: 1; font-size: 16px; font-weight: 650; }
header button { height: 32px; padding: 0 10px; color: var(--quiet); }
header button:hover { background: var(--sunken); color: var(--text); }
header .icon { width: 32px; padding: 0; font-size: 20px; line-height: 1; }
.notice { padding: 8px 16px; font-size: 13px; color: var(--quiet); border-bottom: 1px solid var(--line); }
.offline { color: var(--warn); background: var(--warn-soft); font-weight: 600; }
.log { flex: 1; overflow-y: auto; overscroll-behavior: contain; padding: 16px;
  display: flex; flex-direction: column; gap: 10px; }
.greeting { color: var(--quiet); }
.message { max-width: 85%; align-self: flex-start; }
.message .who { font-size: 12px; color: var(--quiet); margin-bottom: 2px; }
.message .text { padding: 8px 12px; border-radius: 12px 12px 12px 3px; background: var(--sunken);
  white-space: pre-wrap; overflow-wrap: anywhere; }
.message.mine { align-self: flex-end; }
.message.mine .who { text-align: right; }
.message.mine .text { background: var(--mine); border-radius: 12px 12px 3px 12px; }
.message.pending .text { opacity: .75; }
.message a { display: block; margin-top: 4px; color: var(--accent); overflow-wrap: anywhere; }
.choices { display: flex; flex-wrap: wrap; gap: 8px; }
.choices button { min-height: 40px; min-width: 44px; max-width: 100%; padding: 8px 16px; text-align: start;
  overflow-wrap: anywhere; color: var(--accent); background: var(--surface); border: 1px solid var(--accent);
  border-radius: 20px; font-weight: 600; }
.choices button:hover { background: var(--mine); }
.typing { padding: 0 16px 6px; font-size: 13px; color: var(--quiet); min-height: 25px; }
.start { display: grid; gap: 8px; padding: 0 16px 10px; }
.start label { display: grid; gap: 3px; font-size: 13px; color: var(--quiet); }
input:not([type=file]), textarea { width: 100%; padding: 8px 10px; color: var(--text);
  background: var(--surface); border: 1px solid var(--edge); border-radius: 8px; }
form { border-top: 1px solid var(--line); padding-top: 10px; }
.row { display: flex; gap: 8px; align-items: flex-end; padding: 0 12px 12px; }
textarea { flex: 1; resize: none; min-height: 40px; max-height: 140px; }
.row button { height: 40px; flex: none; }
.attach { width: 40px; color: var(--quiet); }
.attach svg { width: 20px; height: 20px; fill: none; stroke: currentColor; stroke-width: 2; }
.send { padding: 0 16px; background: var(--accent); color: var(--on-accent); font-weight: 600; }
.away { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
@media (max-width: 480px) {
  .panel { inset: 0; width: auto; height: auto; border: 0; border-radius: 0; }
}
@media (prefers-reduced-motion: no-preference) { .panel { animation: rise .12s ease-out; } }
@keyframes rise { from { transform: translateY(8px); opacity: 0; } }
`;
