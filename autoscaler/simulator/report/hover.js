"use strict";
// The pointer (or the arrow keys on a plot) picks an instant; every plot of its group shows it, with its numbers beside.
for (const group of document.querySelectorAll(".group")) {
  const data = JSON.parse(group.querySelector("script").textContent);
  const readout = group.querySelector(".readout");
  const plots = [...group.querySelectorAll("svg[data-panel]")];
  const tips = new Map(plots.map((plot) => [plot, Object.assign(document.createElement("output"), { className: "tip" })]));
  for (const [plot, tip] of tips) plot.parentElement.append(tip);
  let at = -1;

  const clock = (s) => {
    const whole = Math.round(s), day = Math.floor(whole / 86400), pad = (n) => String(n).padStart(2, "0");
    const time = `${Math.floor(whole / 3600) % 24}:${pad(Math.floor(whole / 60) % 60)}:${pad(whole % 60)}`;
    return day ? `day ${day + 1} ${time}` : time;
  };
  const digits = (value) => value.toLocaleString("en", { maximumSignificantDigits: 3 });
  const print = (value, kind) =>
    value === null ? "-"
    : kind === "percent" ? `${Math.round(value * 100)} %`
    : kind === "seconds" ? (value < 1 ? `${digits(value * 1000)} ms` : `${digits(value)} s`)
    : digits(value);

  const show = (index) => {
    at = Math.max(0, Math.min(data.t.length - 1, index));
    const share = (data.t[at] - data.first) / (data.last - data.first);
    for (const plot of plots) {
      const x = 1000 * (data.left + share * (1 - data.left - data.right));
      for (const line of plot.querySelectorAll(".cursor")) { line.setAttribute("x1", x); line.setAttribute("x2", x); line.classList.add("on"); }
      const key = plot.dataset.panel, tip = tips.get(plot);
      const rows = data.panels[key].map(([name, values]) => `${name.replace(/ \(.*/, "")} ${print(values[at], data.kinds[key])}`);
      tip.replaceChildren(...rows.map((text) => Object.assign(document.createElement("div"), { textContent: text })));
      tip.classList.toggle("left", share > 0.5); // on the side where the pointer is not
      tip.classList.add("on");
    }
    readout.textContent = clock(data.t[at]);
  };
  const hide = () => {
    readout.textContent = "";
    for (const shown of group.querySelectorAll(".cursor, .tip")) shown.classList.remove("on");
  };

  for (const plot of plots) {
    plot.addEventListener("pointermove", (event) => {
      const box = plot.getBoundingClientRect();
      const share = ((event.clientX - box.left) / box.width - data.left) / (1 - data.left - data.right);
      const t = data.first + share * (data.last - data.first);
      show(data.t.findIndex((each, i) => i === data.t.length - 1 || (each + data.t[i + 1]) / 2 >= t));
    });
    plot.addEventListener("pointerleave", hide);
    plot.addEventListener("blur", hide);
    plot.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: -1, ArrowRight: 1, PageUp: -20, PageDown: 20 }[event.key];
      if (step === undefined) return;
      event.preventDefault();
      show(at < 0 ? 0 : at + step);
    });
  }
}
