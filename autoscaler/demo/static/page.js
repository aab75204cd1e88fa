// The live page: takes the stream apart and puts each part in its place. Text goes in as text, never as markup.
import { Charts } from "./charts.js";
import { Log } from "./log.js";
import { age, clockTime, count, rate, share, seconds } from "./format.js";

const at = (id) => document.getElementById(id);
const charts = new Charts(at("charts"));
const log = new Log(at("log"), at("announcer"));
let meta = null;
let waits = null; // until when the last decision is held, in seconds since 1970
let frozen = false;
let held = null; // the newest of each message that came while the view was frozen

const put = (id, text) => {
  const node = at(id);
  if (node.textContent !== text) node.textContent = text;
};

function showMeta(next) {
  meta = next;
  put("target", `${meta.target}, ${meta.minimum} to ${meta.maximum} replicas`);
  put("speed", `${meta.speed}× real time`);
  put("kubectl", meta.kubectl);
  put("ages", meta.speed === 1 ? "" : `Ages count simulated time, which runs ${meta.speed}× as fast as yours.`);
  put("figure-slo", `limit ${seconds(meta.slo)}`);
}

function showPoint(point) {
  put("clock", clockTime(point.at));
  showCountdown(point.at);
  put("figure-demand", rate(point.demand));
  put("figure-capacity", rate(point.capacity));
  const missing = Math.max(0, point.demand - point.capacity);
  const short = missing > 0.005 * point.demand;
  put("figure-gap", short ? `requests/s, ${rate(missing)} short` : "requests/s");
  at("tile-capacity").classList.toggle("short", short);
  put("figure-ready", count(point.ready));
  put("figure-desired", point.ready === point.desired ? "as desired" : `of ${count(point.desired)} desired`);
  put("figure-latency", point.p99 === null ? "–" : seconds(point.p99));
  at("tile-latency").classList.toggle("short", point.p99 !== null && point.p99 > meta.slo);
  put("figure-lost", share(point.lost));
}

function showCountdown(now) {
  const left = waits === null ? 0 : Math.ceil(waits - now);
  at("countdown").hidden = left <= 0;
  if (left > 0) put("countdown-left", age(left));
}

function showVerdict(entry) {
  at("verdict").dataset.tone = entry.tone;
  waits = entry.waits_until;
  showCountdown(entry.until);
  const stop = entry.sentence.indexOf(". ");
  const first = stop < 0 ? entry.sentence : entry.sentence.slice(0, stop + 1);
  const text = at("verdict-text");
  if (text.textContent === entry.sentence) return;
  const strong = document.createElement("strong");
  strong.textContent = first;
  text.replaceChildren(strong, entry.sentence.slice(first.length));
}

function showSnapshot({ meta: next, points, decisions }) {
  showMeta(next);
  charts.start(meta, points);
  log.start(decisions);
  if (points.length) showPoint(points[points.length - 1]);
  if (decisions.length) showVerdict(decisions[decisions.length - 1]);
}

function take(kind, message) {
  if (kind === "snapshot") return showSnapshot(message);
  if (kind === "point") {
    charts.add(message);
    return showPoint(message);
  }
  log.add(message);
  return showVerdict(message);
}

function hold(kind, message) {
  if (kind === "snapshot") held = [];
  held.push([kind, message]);
  if (held.length > 20000) held.splice(0, 10000);
}

function say(state, text) {
  at("link").dataset.state = state;
  put("link-text", text);
}

function listen() {
  const source = new EventSource("stream");
  for (const kind of ["snapshot", "point", "decision"]) {
    source.addEventListener(kind, (event) => {
      say("live", "Live");
      (frozen ? hold : take)(kind, JSON.parse(event.data));
    });
  }
  source.addEventListener("end", () => {
    source.close();
    say("ended", "Ended");
  });
  source.onerror = () => say("lost", source.readyState === EventSource.CLOSED ? "Disconnected" : "Reconnecting");
}

at("freeze").addEventListener("click", () => {
  frozen = !frozen;
  at("freeze").setAttribute("aria-pressed", String(frozen));
  if (frozen) {
    held = [];
    return;
  }
  for (const [kind, message] of held) take(kind, message);
  held = null;
});

listen();
