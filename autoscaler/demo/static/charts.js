// Four panels on one time axis, one cursor through all of them.
import { panels } from "./panels.js";

const WINDOW = 3600; // seconds of simulated time shown at most
const FIRST_WINDOW = 900; // and at least, so that the first minutes do not jump
const NARROW = 900; // px

export class Charts {
  constructor(root) {
    this.root = root;
    this.points = [];
    this.index = null; // the point under the cursor; null: the newest
    root.addEventListener("keydown", (event) => this.#key(event));
    root.addEventListener("blur", () => this.#point(null));
    new ResizeObserver(() => this.#resize()).observe(root);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.meta && this.#build());
  }

  start(meta, points) {
    this.meta = meta;
    this.points = points;
    this.#build();
  }

  add(point) {
    this.points.push(point);
    // Twice the window before cutting, so that the arrays are copied rarely.
    const first = point.at - WINDOW;
    if (this.points[0].at < first - WINDOW) this.points = this.points.filter((old) => old.at >= first);
    this.#draw();
  }

  #build() {
    this.root.replaceChildren();
    const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
    this.panels = panels(this.meta, colour).map((panel, index, all) => this.#panel(panel, index === all.length - 1, colour));
    this.#draw();
  }

  #panel(panel, last, colour) {
    const box = document.createElement("div");
    box.className = "chart";
    const title = document.createElement("h2");
    title.textContent = panel.title;
    const values = panel.keys.map((key) => title.appendChild(keyNode(key)).lastElementChild);
    box.append(title);
    this.root.append(box);
    const plot = new uPlot(this.#options(panel, last, colour), panel.columns(this.points), box);
    plot.root.setAttribute("role", "img");
    plot.root.setAttribute("aria-label", panel.about);
    return { ...panel, plot, values, last };
  }

  #options(panel, last, colour) {
    const font = '12px Inter, system-ui, sans-serif';
    const axis = { stroke: colour("quiet"), font, grid: { stroke: colour("grid"), width: 1 }, ticks: { show: false } };
    return {
      ...this.#size(panel, last),
      padding: [9, 14, last ? 0 : 4, 0],
      legend: { show: false },
      tzDate: (at) => uPlot.tzDate(new Date(at * 1000), "Etc/UTC"),
      cursor: {
        y: false,
        drag: { x: false, y: false },
        sync: { key: "time", setSeries: false },
        points: { size: 7, width: 0 },
      },
      hooks: { setCursor: [(plot) => this.#point(plot.cursor.idx ?? null)] },
      scales: { x: { time: true, range: () => this.#span() }, y: panel.scale },
      axes: [
        { ...axis, size: last ? 26 : 0, gap: 4, space: 74, values: (_, ticks) => ticks.map((at) => (last ? label(at) : "")) },
        { ...axis, size: 54, gap: 6, space: 26, values: (_, ticks) => ticks.map(panel.tick), ...panel.axis },
      ],
      series: [{}, ...panel.series],
      bands: panel.bands ?? [],
    };
  }

  #size(panel, last) {
    const narrow = innerWidth < NARROW;
    const room = narrow ? 470 : Math.max(360, innerHeight - 386);
    const share = panel.weight / 4.5;
    const style = getComputedStyle(this.root);
    const width = this.root.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
    return { width: Math.max(200, width), height: Math.round(room * share) + (last ? 26 : 0) };
  }

  #span() {
    const first = this.points.length ? this.points[0].at : 0;
    const newest = this.points.length ? this.points[this.points.length - 1].at : FIRST_WINDOW;
    const left = Math.max(first, newest - WINDOW);
    return [left, Math.max(newest, left + FIRST_WINDOW)];
  }

  #resize() {
    for (const panel of this.panels ?? []) panel.plot.setSize(this.#size(panel, panel.last));
  }

  #draw() {
    for (const panel of this.panels) panel.plot.setData(panel.columns(this.points));
    if (this.index !== null && this.index >= this.points.length) this.index = null;
    this.#tell();
  }

  #point(index) {
    if (this.index === index) return;
    this.index = index;
    this.#tell();
  }

  #tell() {
    const point = this.points[this.index ?? this.points.length - 1];
    if (!point) return;
    for (const panel of this.panels) {
      panel.keys.forEach((key, index) => {
        const text = key.value ? key.value(point) : "";
        if (panel.values[index].textContent !== text) panel.values[index].textContent = text;
      });
    }
  }

  #key(event) {
    const step = { ArrowLeft: -1, ArrowRight: 1, PageUp: -20, PageDown: 20 }[event.key];
    if (step === undefined && event.key !== "Escape") return;
    event.preventDefault();
    const last = this.points.length - 1;
    const index = step === undefined ? null : Math.min(last, Math.max(0, (this.index ?? last) + step));
    for (const { plot } of this.panels) {
      plot.setCursor({ left: index === null ? -10 : plot.valToPos(this.points[index].at, "x"), top: 0 }, false);
    }
    this.#point(index);
  }
}

function keyNode(key) {
  const node = document.createElement("span");
  const mark = document.createElement("i");
  const value = document.createElement("b");
  node.className = "key";
  mark.className = key.shape;
  mark.style.color = key.colour;
  node.append(mark, key.name, value);
  return node;
}

const label = (at) => new Date(at * 1000).toISOString().slice(11, 16);
