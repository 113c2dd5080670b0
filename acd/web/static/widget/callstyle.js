// The look of the call button; colours are those of the chat.
export const CALL_STYLE = `
:host { display: inline-block; max-width: 100%; }
.card { display: grid; gap: 10px; justify-items: start; }
.row { display: flex; flex-wrap: wrap; gap: 8px; align-items: center; padding: 0; }
.row button, .call { display: inline-flex; align-items: center; gap: 8px; height: 40px; padding: 0 16px;
  border-radius: 20px; font-weight: 600; }
.call, .row .hang { background: var(--accent); color: var(--on-accent); }
.row .hang { background: var(--bad); color: var(--on-bad); }
.row .tool { border: 1px solid var(--edge); background: var(--surface); color: var(--text); }
.row .tool[aria-pressed="true"], .row .tool[aria-expanded="true"] { background: var(--mine); border-color: var(--accent); }
svg { width: 18px; height: 18px; fill: currentColor; }
.state { min-height: 22px; font-size: 14px; color: var(--quiet); font-variant-numeric: tabular-nums; }
.state.bad { color: var(--warn); font-weight: 600; }
.state .dot { display: inline-block; width: 9px; height: 9px; margin-right: 8px; border-radius: 50%;
  background: var(--good); }
.keys { display: grid; grid-template-columns: repeat(3, 52px); gap: 6px; }
.keys button { height: 44px; font-size: 18px; border: 1px solid var(--edge); background: var(--surface); }
.keys button:active { background: var(--mine); }
:host {
  --bad: light-dark(#b3261e, #ff8a80); --on-bad: light-dark(#ffffff, #2b0a07);
  --good: light-dark(#1d7a3e, #5fd08a);
}
`;
