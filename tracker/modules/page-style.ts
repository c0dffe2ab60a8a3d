/** How the modules' pages look: by day and by night, with a focus that can be seen. */
export const PAGE_STYLE = `
:root { color-scheme: light dark; --ground: #fff; --text: #1b1f24; --faint: #57606a; --line: #8c959f; --mark: #0550ae; --bad: #a40e26; }
@media (prefers-color-scheme: dark) {
  :root { --ground: #14181d; --text: #e6edf3; --faint: #9da7b3; --line: #57606a; --mark: #79b8ff; --bad: #ff9492; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 72rem; padding: 0 1rem 2rem; background: var(--ground); color: var(--text); font: 1rem/1.45 system-ui, sans-serif; }
header, nav, .row { display: flex; flex-wrap: wrap; gap: .75rem; align-items: center; }
header { justify-content: space-between; padding: .75rem 0; border-bottom: 1px solid var(--line); }
h1 { font-size: 1.4rem; } h2 { font-size: 1.1rem; }
a { color: var(--mark); }
:focus-visible { outline: 3px solid var(--mark); outline-offset: 2px; }
label { display: block; margin: .6rem 0; }
.row label { margin: 0; }
input, select, textarea, button { font: inherit; color: inherit; background: var(--ground); border: 1px solid var(--line); border-radius: .25rem; padding: .35rem .6rem; }
textarea, input.wide { display: block; width: 100%; }
button { cursor: pointer; } button.first { border-color: var(--mark); color: var(--mark); font-weight: 600; }
table { width: 100%; border-collapse: collapse; }
th, td { text-align: left; vertical-align: top; padding: .35rem .6rem .35rem 0; border-bottom: 1px solid var(--line); }
small, .faint { color: var(--faint); font-size: .875rem; }
.problem { color: var(--bad); font-weight: 600; }
.talk { list-style: none; padding: 0; }
.talk li { max-width: 40rem; margin: .5rem 0; padding: .5rem .75rem; border: 1px solid var(--line); border-radius: .5rem; white-space: pre-wrap; overflow-wrap: anywhere; }
.talk li.to_caller { margin-left: auto; border-color: var(--mark); }
[data-stale] { opacity: .6; }
[data-stale]::before { content: attr(data-away); color: var(--bad); font-weight: 600; }
`;
