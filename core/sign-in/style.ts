// The pages' style sheet: system fonts, both colour schemes, nothing loaded.

/** Every text has a contrast of at least 4.5 to 1 in both schemes, every control's border 3 to 1. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --ground: #f3f5f7; --surface: #ffffff; --inset: #f3f6f8; --text: #16212b; --muted: #526170; --line: #d9e0e6;
  --edge: #7b8996; --accent: #0b6a75; --accent-strong: #084f58; --on-accent: #ffffff; --tint: #e6f3f4; --danger: #b42318;
  --shadow: 0 1px 2px rgb(22 33 43 / 6%), 0 8px 24px rgb(22 33 43 / 6%);
  --mono: ui-monospace, "SFMono-Regular", "Cascadia Mono", Menlo, Consolas, "DejaVu Sans Mono", "Liberation Mono", monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #0e141a; --surface: #172029; --inset: #101820; --text: #e7edf2; --muted: #a3b1be; --line: #2c3945;
    --edge: #71808e; --accent: #6fd0d8; --accent-strong: #9be3e9; --on-accent: #06252a; --tint: #12323a; --danger: #ffa198;
    --shadow: none;
  }
}
*, ::before, ::after { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body {
  margin: 0; min-height: 100vh; min-height: 100dvh; display: flex; flex-direction: column; background: var(--ground); color: var(--text);
  font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", "DejaVu Sans", sans-serif;
  overflow-wrap: break-word;
}
header, main, footer { width: 100%; max-width: 50rem; margin: 0 auto; padding: 0 1.25rem; }
body.single > * { max-width: 37rem; }
:is(bdi, code, h1, h2, .facts, .reference) { overflow-wrap: anywhere; }
header { padding-top: 1.75rem; padding-bottom: 1.25rem; }
main { flex: 1; display: grid; gap: 1.25rem; align-content: start; grid-template-columns: minmax(0, 1fr); }
footer { padding-top: 1.5rem; padding-bottom: 1.5rem; color: var(--muted); font-size: .875rem; }
.brand { display: inline-flex; align-items: center; gap: .625rem; min-height: 2rem; color: var(--text); font-weight: 600; text-decoration: none; }
a.brand:hover { text-decoration: underline; }
.mark { flex: none; width: 1.75rem; height: 1.75rem; padding: .2rem; border-radius: .5rem; background: var(--accent); fill: var(--on-accent); }
.card { padding: 1.75rem; border: 1px solid var(--line); border-radius: .875rem; background: var(--surface); box-shadow: var(--shadow); }
.card > :last-child { margin-bottom: 0; }
h1 { margin: 0 0 .75rem; font-size: 1.625rem; line-height: 1.25; letter-spacing: -.012em; text-wrap: balance; }
h2 { margin: 0 0 .5rem; font-size: 1.125rem; line-height: 1.35; }
h3 { margin: 1.5rem 0 .5rem; font-size: 1rem; }
p { margin: 0 0 1rem; max-width: 40rem; text-wrap: pretty; }
.lead { color: var(--muted); }
.small { color: var(--muted); font-size: .875rem; }
a { color: var(--accent); text-underline-offset: .18em; }
a:hover { color: var(--accent-strong); }
code { font-family: var(--mono); font-size: .9375em; }
ul.plain { margin: 0; padding: 0; list-style: none; }
.actions { display: flex; flex-wrap: wrap; gap: .75rem 1.25rem; align-items: center; margin-top: 1.5rem; }
.actions a { display: inline-block; padding: .25rem 0; }
.button, .actions a.button {
  display: inline-flex; align-items: center; justify-content: center; min-height: 2.75rem; padding: .5rem 1.25rem; border: 1px solid var(--accent);
  border-radius: .5rem; background: var(--accent); color: var(--on-accent); font: inherit; font-weight: 600; text-align: center; text-decoration: none;
  cursor: pointer;
}
.button:hover { background: var(--accent-strong); border-color: var(--accent-strong); color: var(--on-accent); }
.button.quiet { min-height: 2.25rem; padding: .25rem .875rem; border-color: var(--edge); background: transparent; color: var(--text); font-size: .9375rem; font-weight: 500; white-space: nowrap; }
.button.quiet:hover { border-color: var(--text); background: var(--inset); color: var(--text); }
.button.danger { color: var(--danger); }
.button.danger:hover { border-color: var(--danger); color: var(--danger); }
.button[hidden] { display: none; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; border-radius: .375rem; }
.choices { display: grid; gap: .75rem; }
.choices .button { display: flex; }
form { margin: 0; }
.title { display: flex; flex-wrap: wrap; gap: .75rem 1.5rem; align-items: flex-start; justify-content: space-between; }
.title > div { flex: 1 1 18rem; min-width: 0; }
.title h1 { margin-bottom: .25rem; }
.title p { margin-bottom: 0; }
section > .title + * { margin-top: 1.25rem; }
.ask { display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: .5rem .75rem; margin: 1.5rem 0; }
.ask > :is(label, p) { grid-column: 1 / -1; margin: 0; }
.ask > .button { min-height: 2.75rem; }
input[type=text] {
  display: block; width: 100%; min-height: 2.75rem; padding: .5rem .75rem; border: 1px solid var(--edge); border-radius: .5rem; background: var(--inset);
  color: var(--text); font: inherit;
}
.new { border-color: var(--accent); border-top-width: 4px; }
label, .label { display: block; margin-bottom: .375rem; font-weight: 600; }
.copyable { display: flex; gap: .625rem; align-items: center; }
.copyable > :first-child { flex: 1; min-width: 0; }
.copyable .button { flex: none; min-width: 5.75rem; padding-left: .5rem; padding-right: .5rem; }
textarea {
  display: block; width: 100%; padding: .5rem .75rem; border: 1px solid var(--edge); border-radius: .5rem; background: var(--inset); color: var(--text);
  font: 1rem/1.5 var(--mono); field-sizing: content; resize: none; overflow-wrap: anywhere; word-break: break-all;
}
.commands { margin: 0; border: 1px solid var(--line); border-radius: .5rem; }
.commands > div { display: grid; grid-template-columns: 4.25rem minmax(0, 1fr); gap: .25rem .75rem; align-items: center; min-height: 3.5rem; padding: .5rem .625rem .5rem .875rem; }
.commands > div + div { border-top: 1px solid var(--line); }
.commands dt { color: var(--muted); font-size: .875rem; font-weight: 600; }
.commands dd { margin: 0; }
.commands code { padding: .375rem 0; line-height: 1.5; white-space: pre-wrap; }
.commands code span { display: inline-block; max-width: 100%; }
.facts { display: grid; grid-template-columns: auto minmax(0, 1fr); gap: .25rem 1.25rem; margin: 1.25rem 0 0; font-size: .9375rem; }
.facts dt { color: var(--muted); }
.facts dd { margin: 0; }
table { width: 100%; border-collapse: collapse; font-size: .9375rem; }
th, td { padding: .625rem 1rem .625rem 0; border-bottom: 1px solid var(--line); text-align: left; vertical-align: middle; }
tbody tr:last-child > * { border-bottom: 0; padding-bottom: 0; }
thead th { padding-top: 0; color: var(--muted); font-size: .875rem; font-weight: 600; vertical-align: bottom; }
tbody th { font-weight: 600; min-width: 9rem; }
th:last-child, td:last-child { padding-right: 0; text-align: right; }
.badge { display: inline-block; padding: .05rem .5rem; border: 1px solid var(--accent); border-radius: 1rem; background: var(--tint); font-size: .8125rem; font-weight: 600; }
.id { display: block; color: var(--muted); font-size: .8125rem; font-weight: 400; }
time { font-variant-numeric: tabular-nums; }
.reference { padding: .75rem 1rem; border-radius: .5rem; background: var(--inset); }
.unseen { position: absolute; width: 1px; height: 1px; margin: -1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
@media (max-width: 42rem) {
  header, main, footer { padding-left: 1rem; padding-right: 1rem; }
  .card { padding: 1.25rem; }
  .commands > div { grid-template-columns: minmax(0, 1fr); padding-top: .75rem; }
  table, tbody, tr, tbody th, td { display: block; }
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  tbody tr { padding: 1rem 0; border-top: 1px solid var(--line); }
  tbody tr:last-child { padding-bottom: 0; }
  tbody th, td { padding: .125rem 0; border: 0; }
  td[data-label] { display: flex; gap: .75rem; }
  td[data-label]::before { content: attr(data-label); flex: 0 0 5rem; color: var(--muted); }
  td:last-child { padding-top: .5rem; text-align: left; }
}
@media (max-width: 26rem) {
  .ask { grid-template-columns: minmax(0, 1fr); }
  .facts { grid-template-columns: minmax(0, 1fr); gap: 0; }
  .facts dd + dt { margin-top: .625rem; }
  .copyable { flex-wrap: wrap; }
  .copyable > :first-child { flex: 1 0 100%; }
}
@media (prefers-reduced-motion: no-preference) {
  .button { transition: background-color .12s, border-color .12s; }
}
@media print {
  :root { color-scheme: light; --ground: #ffffff; --surface: #ffffff; --inset: #ffffff; --text: #000000; --muted: #333333; --line: #999999; --accent: #000000; --on-accent: #ffffff; --tint: #ffffff; }
  .card { break-inside: avoid; box-shadow: none; }
  .button, footer { display: none; }
}
`
