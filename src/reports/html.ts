/** Text that is HTML already. */
export class Html {
  constructor(readonly text: string) {}
}

export type HtmlPart = string | number | Html | undefined | readonly HtmlPart[];

/** A template whose values are escaped, apart from those that are HTML themselves; lists are joined, undefined is nothing. */
export function html(texts: TemplateStringsArray, ...parts: readonly HtmlPart[]): Html {
  return new Html(texts.map((text, k) => text + (k < parts.length ? show(parts[k]) : '')).join(''));
}

function show(part: HtmlPart): string {
  if (part === undefined) return '';
  if (part instanceof Html) return part.text;
  if (typeof part === 'object') return part.map(show).join('');
  return escaped(String(part));
}

/** Safe between tags and in quoted attributes. */
export function escaped(text: string): string {
  return cleaned(text).replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

/** Characters that a page may not hold, and those that turn the direction of writing, become visible. */
export function cleaned(text: string): string {
  // Controls but tab and line ends, halves of surrogate pairs, no characters, marks of direction.
  return text.replace(/(?![\t\n\r])[\p{Cc}\p{Cs}\ufffe\uffff\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, '\ufffd');
}

/** A pair of numbers, old → new, or one: in a narrow table it breaks behind the arrow and nowhere else. */
export function unbroken(text: string): string {
  return text.replace(/(?<!→) /g, '\u00a0');
}

/** A whole page that needs nothing else: no network, no script. It reads in light, in dark, on paper, and on a narrow screen. */
export function page(title: string, body: Html): string {
  return `${
    html`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<style>${new Html(STYLE)}</style>
</head>
<body>
<main>
${body}
</main>
</body>
</html>`.text
  }\n`;
}

/**
 * The colours are told apart by people who do not see all of them (Okabe and Ito); every mark has a sign or a word beside it. A table that is too wide
 * breaks its pairs of numbers first, and scrolls then, with a shadow at the side where it goes on (after L. Verou, scrolling shadows).
 */
const STYLE = `
:root { --ink: #1b1f24; --soft: #57606a; --line: #d0d7de; --paper: #ffffff; --raised: #f6f8fa; --added: #00724f; --removed: #b04300; --changed: #0060a0; --bar: #4c8fc4; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e8eb; --soft: #9aa4af; --line: #39414a; --paper: #14171b; --raised: #1d2228; --added: #3fc79a; --removed: #f0975a; --changed: #74b8ea; --bar: #4c8fc4; }
  .patterns img, .swatch { filter: invert(0.9) hue-rotate(180deg); }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 76rem; margin: 0 auto; padding: 1.5rem 1.25rem 3rem; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 .25rem; overflow-wrap: anywhere; }
h2 { font-size: 1.15rem; margin: 2.25rem 0 .6rem; padding-bottom: .25rem; border-bottom: 1px solid var(--line); }
h3 { font-size: 1rem; margin: 1.25rem 0 .4rem; overflow-wrap: anywhere; }
p { margin: .4rem 0; max-width: 60rem; }
.soft, figcaption, caption { color: var(--soft); font-size: .875rem; }
code, pre { font: .86em/1.5 ui-monospace, monospace; overflow-wrap: anywhere; }
pre { background: var(--raised); border: 1px solid var(--line); border-radius: 6px; padding: .7rem .9rem; overflow-x: auto; white-space: pre-wrap; }
.wide { overflow-x: auto; margin: .5rem 0; background: linear-gradient(90deg, var(--paper) .7rem, transparent) left / 2rem 100% no-repeat local, linear-gradient(270deg, var(--paper) .7rem, transparent) right / 2rem 100% no-repeat local, linear-gradient(90deg, var(--line), transparent) left / .6rem 100% no-repeat scroll, linear-gradient(270deg, var(--line), transparent) right / .6rem 100% no-repeat scroll; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
caption { text-align: left; padding-bottom: .3rem; }
th, td { text-align: left; padding: .3rem .9rem .3rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
th { font-weight: 600; white-space: nowrap; }
thead th { color: var(--soft); font-size: .82rem; }
td.number, th.number { text-align: right; white-space: nowrap; }
tr.total td, tr.total th { font-weight: 600; border-bottom: 0; }
tr.open > * { border-bottom: 0; padding-bottom: 0; } tr.detail > td { padding-top: 0; }
.facts { display: grid; grid-template-columns: repeat(auto-fill, minmax(11rem, 1fr)); gap: .75rem; margin: 1.2rem 0; }
.fact { background: var(--raised); border: 1px solid var(--line); border-radius: 8px; padding: .6rem .8rem; }
.fact b { display: block; font-size: 1.3rem; font-weight: 600; line-height: 1.3; }
.fact span { color: var(--soft); font-size: .82rem; }
.sign { font-family: ui-monospace, monospace; font-weight: 700; white-space: pre; }
.added { color: var(--added); } .removed { color: var(--removed); } .changed, .replaced { color: var(--changed); }
.state { border: 1px solid currentColor; border-radius: 1rem; padding: .05rem .6rem; font-size: .8rem; font-weight: 600; white-space: nowrap; vertical-align: middle; }
.warning { border-left: 4px solid var(--removed); background: var(--raised); padding: .4rem .8rem; margin: .5rem 0; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(26rem, 100%), 1fr)); gap: 1rem; }
.charts figure { background: var(--raised); border: 1px solid var(--line); border-radius: 8px; padding: .75rem; }
figure { margin: 0; }
.charts svg { display: block; width: 100%; max-width: 36rem; height: auto; }
.patterns { display: flex; flex-wrap: wrap; gap: 1rem 1.5rem; align-items: flex-start; }
.patterns img { display: block; border: 1px solid #8c8c8c; max-width: 100%; height: auto; margin-bottom: .3rem; }
.patterns img.squares { image-rendering: pixelated; }
.patterns figure { max-width: 100%; }
.patterns figcaption { max-width: 20rem; }
.swatch { display: inline-block; width: .9em; height: .9em; border: 1px solid #8c8c8c; vertical-align: -.1em; margin: 0 .2em 0 .6em; }
.bar { display: block; width: 11rem; height: 1.1rem; }
.bar rect { stroke: var(--bar); }
.matrix td, .matrix th { padding: .2rem .5rem; text-align: right; border: 1px solid var(--line); }
.matrix .right { font-weight: 600; }
.signature { margin-top: 3rem; color: var(--soft); font-size: .82rem; }
@media (max-width: 84rem) { td.number { white-space: normal; } .bar { width: 7rem; } }
@media (max-width: 64rem) { th, td { padding-right: .6rem; } .bar { width: 3.5rem; } }
@media (max-width: 40rem) { main { padding: 1rem .9rem 2rem; } }
@media print {
  :root { --ink: #000; --soft: #444; --line: #bbb; --paper: #fff; --raised: #fff; --added: #00573c; --removed: #8a3400; --changed: #004a7c; }
  body { font-size: 10.5pt; } main { max-width: none; padding: 0; }
  .patterns img, .swatch { filter: none; }
  h2, h3 { break-after: avoid; } figure, tr, .fact { break-inside: avoid; }
  .swatch, .bar rect, .patterns img { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  .wide { overflow: visible; background: none; }
}
`;
