// The list of decisions, newest first. Passes that hold the same number share one line, which grows in place.
import { age, clockTime } from "./format.js";

const LONGEST = 200; // lines kept

export class Log {
  constructor(list, announcer) {
    this.list = list;
    this.announcer = announcer;
    this.lines = new Map();
  }

  start(entries) {
    this.list.replaceChildren();
    this.lines.clear();
    for (const entry of entries) this.add(entry, true);
  }

  add(entry, quietly = false) {
    let line = this.lines.get(entry.id);
    if (!line) {
      line = this.#open(entry);
      while (this.list.children.length > LONGEST) this.#drop();
      // Only real changes are read out: a pass every half second would drown a screen reader.
      if (!quietly && (entry.tone === "up" || entry.tone === "down")) this.announcer.textContent = entry.sentence;
    }
    line.item.dataset.tone = entry.tone;
    line.change.textContent = change(entry);
    if (line.why.textContent !== entry.why) line.why.textContent = entry.why;
  }

  #open(entry) {
    const item = document.createElement("li");
    const time = document.createElement("time");
    const what = document.createElement("span");
    const why = document.createElement("span");
    time.textContent = clockTime(entry.at);
    what.className = "change";
    why.className = "why";
    item.append(time, what, why);
    const scrolled = this.list.scrollTop > 0;
    this.list.prepend(item);
    if (scrolled) this.list.scrollTop += item.offsetHeight; // who reads further down is not moved
    const line = { item, change: what, why, id: entry.id };
    this.lines.set(entry.id, line);
    return line;
  }

  #drop() {
    this.list.lastElementChild.remove();
    this.lines.delete(this.lines.keys().next().value);
  }
}

function change(entry) {
  if (entry.before === null) return "No target";
  if (entry.before !== entry.after) return `${entry.before} → ${entry.after}`;
  const length = entry.until - entry.at;
  return length > 0 ? `${entry.after}, held ${age(length)}` : `${entry.after}`;
}
