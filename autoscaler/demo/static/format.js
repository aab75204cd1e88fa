// Numbers and times as people read them. Widths stay put where a figure is redrawn often.
const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

export const count = (value) => (value === null ? "–" : whole.format(value));

export function rate(value) {
  if (value === null) return "–";
  return value > 0 && value < 10 ? value.toFixed(1) : whole.format(value);
}

/** Axis labels: 2500 becomes 2.5k. */
export function short(value) {
  if (Math.abs(value) >= 1000) return `${+(value / 1000).toFixed(1)}k`;
  return `${+value.toFixed(1)}`;
}

export function seconds(value) {
  if (value === null) return "–";
  if (value < 0.0095) return `${(value * 1000).toFixed(1)} ms`;
  if (value < 0.9995) return `${Math.round(value * 1000)} ms`;
  return value < 9.95 ? `${value.toFixed(1)} s` : `${Math.round(value)} s`;
}

export function share(value) {
  if (!value) return "0 %";
  return value < 0.0001 ? "< 0.01 %" : `${(value * 100).toFixed(value < 0.1 ? 2 : 1)} %`;
}

/** Seconds since 1970 to HH:MM:SS in UTC. */
export const clockTime = (at) => new Date(at * 1000).toISOString().slice(11, 19);

/** A length of time in its two largest units. */
export function age(length) {
  const total = Math.round(length);
  if (total < 60) return `${total} s`;
  if (total < 3600) return `${Math.floor(total / 60)} min${total % 60 ? ` ${total % 60} s` : ""}`;
  return `${Math.floor(total / 3600)} h ${Math.floor((total % 3600) / 60)} min`;
}
