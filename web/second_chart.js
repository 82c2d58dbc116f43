// SPDX-License-Identifier: Apache-2.0
// The last second of one interface in milliseconds: sent upwards, received downwards. What a line of averages hides.
import {Chart, RATE_AXIS, seriesColour} from "./charts.js";
import {byId, element, reconcile, setAttribute, setText, show} from "./dom.js";
import {duration, known, rate} from "./format.js";

// Columns instead of a line: each cell is what went in that time, nothing lies between them.
function columns(plot) {
  const context = plot.drawingContext;
  const zero = plot.dygraph.toDomYCoord(0);
  const width = Math.max(1, plot.plotArea.w / Math.max(1, plot.points.length));
  context.fillStyle = plot.color;
  for (const point of plot.points) {
    if (point.yval === 0) continue;
    context.fillRect(point.canvasx - width / 2, Math.min(zero, point.canvasy), Math.max(width * 0.9, 1), Math.abs(point.canvasy - zero));
  }
}

export class SecondChart {
  constructor() {
    this.iface = null; // what the reader has chosen
    byId("second-iface").addEventListener("change", (event) => {
      this.iface = event.target.value;
      if (this.seconds) this.draw(this.seconds, this.threshold);
    });
  }

  // `seconds`: the last second of each interface; `threshold`: what makes a burst, in bit/s, if it is known.
  draw(seconds, threshold) {
    this.seconds = seconds;
    this.threshold = threshold;
    this.offer(seconds.map((one) => one.iface));
    const second = seconds.find((one) => one.iface === this.iface) ?? seconds[0];
    if (!second) {
      setText(byId("second-peak"), "no traffic in it, or no windows are kept");
      return;
    }
    const perCell = 8 / second.cell_s; // bytes of a cell as bit/s
    const ms = second.cell_s * 1000;
    const cells = Math.max(second.tx.length, second.rx.length);
    const rows = [];
    for (let i = 0; i < cells; i += 1) {
      rows.push([i * ms, (second.tx[i] ?? 0) * perCell, -(second.rx[i] ?? 0) * perCell]);
    }
    this.paint(rows, cells * ms, threshold);
    this.describe(second, rows);
  }

  offer(names) {
    const select = byId("second-iface");
    show(byId("second-pick"), names.length > 1);
    reconcile(select, names, (name) => name, (name) => element("option", {value: name}, name), () => {});
  }

  paint(rows, length, threshold) {
    const options = () => ({
      labels: ["ms", "sent", "received"],
      colors: [seriesColour(0), seriesColour(1)],
      plotter: columns,
      dateWindow: [0, length],
      axes: {
        x: {axisLabelFormatter: (value) => `${Math.round(value)} ms`, pixelsPerLabel: 60},
        y: RATE_AXIS,
      },
      underlayCallback: (context, area, graph) => {
        for (const level of known(threshold) ? [threshold, -threshold] : []) {
          const y = graph.toDomYCoord(level);
          if (y < area.y || y > area.y + area.h) continue;
          context.strokeStyle = getComputedStyle(document.documentElement).getPropertyValue("--warn");
          context.setLineDash([4, 4]);
          context.beginPath();
          context.moveTo(area.x, y);
          context.lineTo(area.x + area.w, y);
          context.stroke();
          context.setLineDash([]);
        }
      },
    });
    if (!this.chart) this.chart = new Chart(byId("second"), rows, options);
    this.chart.options = options;
    this.chart.update(rows, options());
  }

  describe(second, rows) {
    const peaks = ["tx", "rx"].map((direction, i) => {
      const at = second[direction].indexOf(Math.max(0, ...second[direction]));
      return at < 0 ? {value: 0, at: 0} : {value: Math.abs(rows[at][i + 1]), at: rows[at][0]};
    });
    const items = peaks.map((peak, i) => ({...peak, name: ["sent", "received"][i], hue: i}));
    reconcile(
      byId("second-legend"),
      items,
      (item) => item.name,
      (item) => element("li", {}, element("i", {class: "dot", "data-hue": item.hue}), element("span", {class: "name"}), element("b")),
      (node, item) => {
        setText(node.children[1], `${item.name}, peak`);
        setText(node.lastChild, rate(item.value));
      },
    );
    setText(byId("second-peak"), `${second.iface}, in cells of ${duration(second.cell_s)}`);
    setAttribute(
      byId("second"),
      "aria-label",
      `The last second of ${second.iface} in cells of ${duration(second.cell_s)}: ` +
        items.map((item) => `${item.name} at most ${rate(item.value)}, ${Math.round(item.at)} ms in`).join("; "),
    );
  }
}
