// SPDX-License-Identifier: Apache-2.0
// The colours of plots are those of Okabe and Ito, which people tell apart who do not see all
// colours; in dark they are lighter. Fonts are the reader's own.
#include "core/html/style.h"

namespace cgtally::html {

std::string_view style_sheet() {
  return R"css(
:root {
  --paper: #fdfdfb; --ink: #1c1e21; --soft: #5d636b; --rule: #dfe1e3; --raised: #f4f4f0;
  --c0: #0072b2; --c1: #c85200; --c2: #00815f; --c3: #a8578a; --c4: #b07d00; --c5: #8b9199;
  --bad: #b3261e;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #16181b; --ink: #e4e6e8; --soft: #9ba2aa; --rule: #31353a; --raised: #1e2125;
    --c0: #56b4e9; --c1: #f0935a; --c2: #2fbf95; --c3: #d992bd; --c4: #e3b341; --c5: #7d848c;
    --bad: #ff8a80;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body {
  margin: 0 auto; padding: 2.5rem 1.25rem 4rem; max-width: 62rem; background: var(--paper);
  color: var(--ink); font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", "Noto Sans", sans-serif;
  font-variant-numeric: tabular-nums; overflow-wrap: break-word;
}
header p, footer p, small, figcaption, caption { color: var(--soft); }
h1 { font-size: 1.75rem; line-height: 1.2; font-weight: 650; letter-spacing: -.01em; margin: 0; }
header p { margin: .35rem 0 0; }
h2 { font-size: 1.1rem; line-height: 1.3; font-weight: 650; margin: 0 0 .4rem; }
p { margin: 0 0 .5rem; max-width: 44rem; }
.lead { font-size: 1.3rem; line-height: 1.45; margin: 1.75rem 0; max-width: 46rem; }
.figures {
  display: grid; grid-template-columns: repeat(auto-fit, minmax(10rem, 1fr)); gap: 1.25rem 1.75rem;
  margin: 0 0 2.25rem; padding: 1.1rem 0; border: solid var(--rule); border-width: 1px 0;
}
.figures dt { font-size: .8rem; color: var(--soft); }
.figures dd { margin: 0; font-size: 1.5rem; line-height: 1.3; font-weight: 600; }
.figures small { display: block; font-size: .8rem; line-height: 1.4; font-weight: 400; }
.story pre { white-space: pre-wrap; }
.story section { margin: 0 0 1.6rem; }
.plots, .tables { margin-top: 2.5rem; padding-top: 1.5rem; border-top: 1px solid var(--rule); }
.plots > h2, .tables > h2 { font-size: 1.3rem; margin-bottom: 1rem; }
figure { margin: 0 0 2rem; }
figcaption { font-size: .85rem; margin-bottom: .3rem; }
figcaption strong { display: block; font-size: 1rem; font-weight: 600; color: var(--ink); }
svg { display: block; width: 100%; height: auto; }
.narrow-plot { display: none; }
svg text { font: 12px system-ui, -apple-system, "Segoe UI", "Noto Sans", sans-serif; fill: var(--soft); }
.axis, .grid, .level { fill: none; stroke: var(--soft); }
.grid { stroke: var(--rule); }
.level { stroke-dasharray: 5 4; }
.c0 { color: var(--c0); } .c1 { color: var(--c1); } .c2 { color: var(--c2); }
.c3 { color: var(--c3); } .c4 { color: var(--c4); } .c5 { color: var(--c5); }
.bad { color: var(--bad); } .calm { color: var(--soft); }
.line { fill: none; stroke: currentColor; stroke-width: 1.6; stroke-linejoin: round; }
.thick { stroke-width: 6; }
.area { fill: currentColor; stroke: none; }
.pale { opacity: .2; }
.band { opacity: .28; }
.stem path, .moment path { fill: none; stroke: currentColor; }
.stem circle, .moment .flag { fill: currentColor; stroke: none; }
.moment path:first-of-type { stroke-dasharray: 2 3; opacity: .6; }
.legend { display: flex; flex-wrap: wrap; gap: .1rem 1.1rem; margin: 0 0 .5rem; padding: 0; list-style: none; font-size: .85rem; }
.legend li { display: flex; align-items: baseline; min-width: 0; overflow-wrap: anywhere; }
.key { flex: none; width: .7rem; height: .7rem; margin-right: .4rem; background: currentColor; border-radius: 2px; }
.wide { overflow-x: auto; margin: 0 0 2rem; }
table { border-collapse: collapse; width: 100%; font-size: .875rem; }
caption { text-align: left; font-weight: 600; font-size: 1rem; color: var(--ink); padding-bottom: .4rem; }
th, td { text-align: left; padding: .35rem .9rem .35rem 0; border-bottom: 1px solid var(--rule); vertical-align: top; }
th { font-weight: 600; color: var(--soft); white-space: nowrap; }
th:last-child, td:last-child { padding-right: 0; }
td:first-child { overflow-wrap: anywhere; min-width: 6.5rem; }
.n { text-align: right; white-space: nowrap; }
pre {
  font: .8rem/1.5 ui-monospace, "SF Mono", "DejaVu Sans Mono", monospace; background: var(--raised);
  padding: .9rem 1rem; overflow-x: auto; border-radius: 4px; margin: .6rem 0 0;
}
summary { cursor: pointer; color: var(--soft); }
a, summary:focus-visible, .wide:focus-visible, pre:focus-visible { outline-offset: 3px; }
footer { margin-top: 2.5rem; border-top: 1px solid var(--rule); padding-top: 1rem; font-size: .85rem; }
@media (max-width: 40rem) {
  body { padding: 1.5rem 1rem 3rem; }
  h1 { font-size: 1.4rem; }
  .lead { font-size: 1.15rem; margin: 1.25rem 0; }
  .figures { grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr)); gap: 1rem; }
  .figures dd { font-size: 1.25rem; }
  .wide-plot { display: none; }
  .narrow-plot { display: block; }
}
@media print {
  :root {
    --paper: #fff; --ink: #000; --soft: #444; --rule: #bbb; --raised: #fff;
    --c0: #0072b2; --c1: #c85200; --c2: #00815f; --c3: #a8578a; --c4: #b07d00; --c5: #8b9199;
    --bad: #b3261e;
  }
  @page { margin: 16mm 14mm; }
  body { max-width: none; padding: 0; font-size: 10pt; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  .wide-plot { display: block; } .narrow-plot { display: none; }
  .lead { font-size: 13pt; }
  figure, .figures, .story p, tr { break-inside: avoid; }
  h2, caption, figcaption, .legend { break-after: avoid; }
  thead { display: table-header-group; }
  .wide { overflow: visible; }
  table { font-size: 8pt; }
  pre { white-space: pre-wrap; border: 1px solid var(--rule); font-size: 7.5pt; }
  details:not([open]) { display: none; }
}
)css";
}

}  // namespace cgtally::html
