// SPDX-License-Identifier: Apache-2.0
// What both charts share: dygraphs with the page's colours, no legend of its own (its legend would be markup made of
// names) and no zoom, which would fight with what comes in each second.
import {bareRate} from "./format.js";

const HUES = 5;
const charts = new Set();

// Even a legend that is never shown would be put together as markup, with styles that the page's policy refuses.
const {Dygraph} = window;
Dygraph.PLUGINS = Dygraph.PLUGINS.filter((plugin) => plugin !== Dygraph.Plugins.Legend);

function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

export const seriesColour = (index) => colour(index < HUES ? `--series-${index}` : "--series-others");

export const RATE_AXIS = {axisLabelFormatter: (value) => bareRate(Math.abs(value)), axisLabelWidth: 46, pixelsPerLabel: 34};

export class Chart {
  // `options()` gives those that depend on colours; it is asked again when light turns to dark.
  constructor(holder, rows, options) {
    this.options = options;
    this.graph = new Dygraph(holder, rows, {...this.common(), ...options()});
    new ResizeObserver(() => this.graph.resize()).observe(holder);
    charts.add(this);
  }

  common() {
    return {
      legend: "never",
      interactionModel: {},
      axisLineColor: colour("--line"),
      gridLineColor: colour("--grid"),
      axisLabelFontSize: 11,
      labelsUTC: true,
      includeZero: true,
      strokeWidth: 1.25,
      fillAlpha: 0.55,
      highlightCircleSize: 2.5,
      rightGap: 8,
      axes: {
        x: {pixelsPerLabel: 70},
        y: RATE_AXIS,
      },
    };
  }

  update(rows, options = {}) {
    this.graph.updateOptions({file: rows, ...options});
  }

  recolour() {
    this.graph.updateOptions({...this.common(), ...this.options()});
  }
}

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  for (const chart of charts) chart.recolour();
});
