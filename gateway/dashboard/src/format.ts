/** Numbers, times and race facts as text; every number keeps its width so that columns hold still. */

/** A share in [0, 1] in per cent, with one decimal. */
export function percent(share: number | null): string {
  return share === null ? "–" : `${(share * 100).toFixed(1)} %`;
}

/** A relative change in per cent with its sign, as in −8.0 or +3.2. */
export function change(relative: number | null): string {
  if (relative === null) return "–";
  const text = Math.abs(relative * 100).toFixed(1);
  return text === "0.0" ? text : `${relative < 0 ? "−" : "+"}${text}`;
}

const two = (count: number): string => String(count).padStart(2, "0");

/** mm:ss (h:mm:ss from an hour on) to the off; past it, with a plus, how late; a dash if no time is known. */
export function countdown(seconds: number | null): string {
  if (seconds === null || !Number.isFinite(seconds)) return "–";
  const whole = Math.ceil(seconds);
  const left = Math.abs(whole);
  const [hours, minutes, rest] = [Math.floor(left / 3600), Math.floor(left / 60) % 60, left % 60];
  const text = hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${two(minutes)}:${two(rest)}`;
  return whole < 0 ? `+${text}` : text;
}

/** How old something is, in its largest unit: <1 s, 8 s, 3 min, 2 h, 4 d. */
export function age(seconds: number): string {
  if (seconds < 1) return "<1 s";
  if (seconds < 100) return `${Math.floor(seconds)} s`;
  if (seconds < 6_000) return `${Math.floor(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.floor(seconds / 3600)} h` : `${Math.floor(seconds / 86_400)} d`;
}

/** Money or volume in three figures: 55, 5.2k, 123k, 1.4M. */
export function amount(value: number | null): string {
  if (value === null) return "";
  if (value < 999.5) return value.toFixed(0);
  const [scaled, unit] = value < 999_500 ? [value / 1e3, "k"] : [value / 1e6, "M"];
  return `${scaled.toFixed(scaled < 9.95 ? 1 : 0)}${unit}`;
}

/** Wall-clock time at the track, HH:MM (with seconds if asked). */
export function localTime(iso: string | null, timeZone: string, seconds = false): string {
  if (iso === null) return "–";
  const options: Intl.DateTimeFormatOptions = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
  if (seconds) options.second = "2-digit";
  return new Date(iso).toLocaleTimeString("en-GB", { ...options, timeZone });
}

/** A calendar date, as in Monday 7 November 2022. */
export function longDate(date: string): string {
  const options: Intl.DateTimeFormatOptions = { weekday: "long", day: "numeric", month: "long", year: "numeric" };
  return new Date(`${date}T00:00:00Z`).toLocaleDateString("en-GB", { ...options, timeZone: "UTC" }).replace(",", "");
}

const FURLONG_COUNTRIES = new Set(["US", "CA", "GB", "IE", "IN"]);
const METRES_A_FURLONG = 201.168;

/** Furlongs where racing uses them, metres elsewhere. */
export function distance(furlongs: number | null, country: string): string | null {
  if (furlongs === null) return null;
  if (FURLONG_COUNTRIES.has(country)) return `${Number(furlongs.toFixed(2))} f`;
  return `${Math.round(furlongs * METRES_A_FURLONG).toLocaleString("en-GB")} m`;
}

/** A constant's name as words: VERY_SOFT becomes Very soft. */
export function words(constant: string | null): string | null {
  if (!constant) return null;
  const text = constant.replaceAll("_", " ").toLowerCase();
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** 1st, 2nd, 3rd, 4th, 11th, 21st. */
export function ordinal(place: number): string {
  const teens = place % 100 >= 11 && place % 100 <= 13;
  return `${place}${teens ? "th" : (["th", "st", "nd", "rd"][place % 10] ?? "th")}`;
}
