// What each panel shows: its columns out of the points, how they are drawn, and the keys that name them.
import { count, rate, seconds, short } from "./format.js";

export function panels(meta, colour) {
  return [demand(colour), replicas(meta, colour), metrics(meta, colour), latency(meta, colour)];
}

const column = (points, name) => points.map((point) => point[name]);
const line = (stroke, more = {}) => ({ stroke, width: 2, points: { show: false }, ...more });
const stepped = (stroke, more = {}) => line(stroke, { paths: uPlot.paths.stepped({ align: 1 }), ...more });
const upFromZero = (least) => ({ range: (_, low, high) => [0, Math.max(least, (high ?? 0) * 1.12)] });

function demand(colour) {
  return {
    title: "Requests per second",
    about: "Demand against the capacity of the pods that are ready",
    weight: 1.6,
    keys: [
      { name: "demand", colour: colour("demand"), shape: "line", value: (point) => rate(point.demand) },
      { name: "ready capacity", colour: colour("ready"), shape: "fill", value: (point) => rate(point.capacity) },
      {
        name: "shortfall", colour: colour("shortfall"), shape: "fill",
        value: (point) => (point.demand > point.capacity ? rate(point.demand - point.capacity) : "none"),
      },
    ],
    columns: (points) => [
      column(points, "at"),
      column(points, "capacity"),
      column(points, "demand"),
      points.map((point) => Math.min(point.demand, point.capacity)),
    ],
    series: [
      line(colour("ready"), { width: 1.5, fill: `${colour("ready")}2b` }),
      line(colour("demand"), { width: 2.25 }),
      line("transparent", { width: 0 }),
    ],
    bands: [{ series: [2, 3], fill: hatch(colour("shortfall")) }],
    scale: upFromZero(20),
    tick: short,
  };
}

function replicas(meta, colour) {
  return {
    title: "Replicas",
    about: "Replicas asked for, existing and ready",
    weight: 1,
    keys: [
      { name: "desired", colour: colour("desired"), shape: "line dash", value: (point) => count(point.desired) },
      { name: "current", colour: colour("mark"), shape: "line", value: (point) => count(point.current) },
      { name: "ready", colour: colour("ready"), shape: "fill", value: (point) => count(point.ready) },
    ],
    columns: (points) => ["at", "ready", "current", "desired"].map((name) => column(points, name)),
    series: [
      stepped(colour("ready"), { width: 1.5, fill: `${colour("ready")}2b` }),
      stepped(colour("mark"), { width: 1.5 }),
      stepped(colour("desired"), { dash: [5, 4] }),
    ],
    scale: upFromZero(Math.min(4, meta.maximum)),
    tick: (value) => (Number.isInteger(value) ? count(value) : ""),
  };
}

// Metrics of different units share one axis: percent of their targets.
function metrics(meta, colour) {
  const names = meta.metrics.map((metric) => metric.label);
  return {
    title: "Metric, as percent of its target",
    about: "Each metric of the policy as percent of its target; 100 is on target",
    weight: 0.9,
    keys: [
      ...names.map((name, index) => ({
        name, colour: colour(`metric-${index % 4}`), shape: "line",
        value: (point) => (point.metrics[index] ? `${point.metrics[index].observed} of ${meta.metrics[index].target}` : "not known"),
      })),
      { name: "target", colour: colour("mark"), shape: "line dash" },
    ],
    columns: (points) => [
      column(points, "at"),
      ...names.map((_, index) => points.map((point) => (point.metrics[index] ? point.metrics[index].ratio * 100 : null))),
      points.map(() => 100),
    ],
    series: [
      ...names.map((_, index) => line(colour(`metric-${index % 4}`))),
      line(colour("mark"), { width: 1, dash: [5, 4] }),
    ],
    scale: { range: (_, low, high) => [0, Math.min(400, Math.max(160, (high ?? 0) * 1.08))] },
    tick: (value) => `${count(value)} %`,
  };
}

function latency(meta, colour) {
  return {
    title: "Latency",
    about: "Latency of requests on a logarithmic axis, against what the service level objective allows",
    weight: 1,
    keys: [
      { name: "p99", colour: colour("metric-0"), shape: "line", value: (point) => seconds(point.p99) },
      { name: "p50", colour: colour("quiet"), shape: "line", value: (point) => seconds(point.p50) },
      { name: "objective", colour: colour("shortfall"), shape: "line dash", value: () => seconds(meta.slo) },
    ],
    columns: (points) => [...["at", "p50", "p99"].map((name) => column(points, name)), points.map(() => meta.slo)],
    series: [
      line(colour("quiet"), { width: 1.5 }),
      line(colour("metric-0")),
      line(colour("shortfall"), { width: 1.25, dash: [5, 4] }),
    ],
    scale: { distr: 3, range: (_, low, high) => decades(Math.min(low ?? meta.slo, meta.slo), Math.max(high ?? 0, meta.slo * 2)) },
    axis: { splits: (plot) => powersOfTen(plot.scales.y.min, plot.scales.y.max) },
    tick: (value) => seconds(value).replace(".0 ", " "),
  };
}

const decades = (low, high) => [10 ** Math.floor(Math.log10(Math.max(low, 1e-4))), 10 ** Math.ceil(Math.log10(high))];

function powersOfTen(low, high) {
  const first = Math.round(Math.log10(low));
  return Array.from({ length: Math.round(Math.log10(high)) - first + 1 }, (_, step) => 10 ** (first + step));
}

/** Stripes, so that the shortfall is told by texture as well as by colour. */
function hatch(stroke) {
  return (plot) => {
    const size = 6 * devicePixelRatio;
    const tile = Object.assign(document.createElement("canvas"), { width: size, height: size });
    const pen = tile.getContext("2d");
    pen.fillStyle = `${stroke}59`;
    pen.fillRect(0, 0, size, size);
    pen.strokeStyle = stroke;
    pen.lineWidth = 1.4 * devicePixelRatio;
    for (const shift of [-size, 0, size]) {
      pen.moveTo(shift, size);
      pen.lineTo(shift + size, 0);
    }
    pen.stroke();
    return plot.ctx.createPattern(tile, "repeat");
  };
}
