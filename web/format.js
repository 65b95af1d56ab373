// Numbers, sizes and times as text, in one form everywhere.

const MISSING = "–";
const whole = new Intl.NumberFormat("en-US");

// 0.39875 → "0.3988", 1234567 → "1,234,567", 1.2e-9 → "1.2e-9"
export function number(value, digits = 4) {
  if (value == null || Number.isNaN(value)) return MISSING;
  if (Number.isInteger(value) && Math.abs(value) < 1e15) return whole.format(value);
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e7)) return value.toExponential(2).replace("e+", "e");
  return value.toLocaleString("en-US", { maximumSignificantDigits: digits });
}

// 587403044880 → "587 G"
export function short(value) {
  if (value == null) return MISSING;
  return new Intl.NumberFormat("en-US", { notation: "compact", maximumSignificantDigits: 3 }).format(value);
}

export function percent(share, digits = 1) {
  return share == null ? MISSING : `${(share * 100).toFixed(digits)} %`;
}

export function bytes(count) {
  if (count == null) return MISSING;
  const units = ["B", "KB", "MB", "GB", "TB"];
  let at = 0;
  for (; count >= 1000 && at < units.length - 1; at += 1) count /= 1000;
  return `${at === 0 ? count : count.toLocaleString("en-US", { maximumSignificantDigits: 3 })} ${units[at]}`;
}

// 0.0123 → "12 ms", 75 → "1 min 15 s", 7300 → "2 h 1 min"
export function duration(seconds) {
  if (seconds == null) return MISSING;
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 60) return `${Math.round(seconds)} s`;
  const [minutes, rest] = [Math.floor(seconds / 60), Math.round(seconds % 60)];
  if (minutes < 60) return rest ? `${minutes} min ${rest} s` : `${minutes} min`;
  const [hours, left] = [Math.floor(minutes / 60), minutes % 60];
  if (hours < 48) return left ? `${hours} h ${left} min` : `${hours} h`;
  return `${Math.round(hours / 24)} days`;
}

// "2 min ago", from an RFC 3339 time and the present time in milliseconds
export function ago(time, now) {
  if (!time) return MISSING;
  const seconds = Math.max(0, (now - Date.parse(time)) / 1000);
  if (seconds < 5) return "just now";
  if (seconds < 60) return `${Math.floor(seconds)} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86400) return `${Math.floor(seconds / 3600)} h ago`;
  return new Date(time).toLocaleDateString("en-US", { day: "numeric", month: "short", year: "numeric" });
}

export function dateTime(time) {
  if (!time) return MISSING;
  return new Date(time).toLocaleString("en-US", { dateStyle: "medium", timeStyle: "medium" });
}

// The time between two RFC 3339 times, in seconds; `to` may be milliseconds.
export function between(from, to) {
  if (!from || !to) return null;
  return Math.max(0, ((typeof to === "number" ? to : Date.parse(to)) - Date.parse(from)) / 1000);
}

// "val_loss" → "Validation loss"
export function label(name) {
  const words = name.replace(/^val_/, "validation_").replace(/^train_/, "training_").replaceAll("_", " ");
  return words[0].toUpperCase() + words.slice(1);
}

// The end of an id, which tells ids of one list apart: job_…a3f9c1
export const shortId = (id) => (id ? `${id.split("_")[0]}_…${id.slice(-6)}` : MISSING);
