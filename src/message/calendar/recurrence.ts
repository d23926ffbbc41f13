/** A recurrence rule (RFC 5545 §3.3.10) in words. */
import { ruleParts, WEEKDAYS } from "./time.ts";

const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
export const MONTHS = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
];
const UNITS: ReadonlyMap<string, string> = new Map([
  ["SECONDLY", "second"],
  ["MINUTELY", "minute"],
  ["HOURLY", "hour"],
  ["DAILY", "day"],
  ["WEEKLY", "week"],
  ["MONTHLY", "month"],
  ["YEARLY", "year"],
]);
const WORKDAYS = "MO,TU,WE,TH,FR";

function numbered(n: number): string {
  const tens = n % 100;
  const suffix = tens >= 11 && tens <= 13 ? "th" : (["th", "st", "nd", "rd"][n % 10] ?? "th");
  return `${n}${suffix}`;
}

/** `second`, `last`, `third to last`. */
function ordinal(n: number): string {
  if (n === -1) return "last";
  if (n < -1) return `${ordinal(-n)} to last`;
  return ["", "first", "second", "third", "fourth", "fifth"][n] ?? numbered(n);
}

function list(words: readonly string[]): string {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
}

/** `MO`, `2TU`, `-1FR`: null where one of them is none. */
function readDays(value: string): { nth: number; name: string }[] | null {
  const days = value.split(",", 20).map((one) => {
    const [, nth, day = ""] = /^([+-]?\d{1,2})?([A-Z]{2})$/.exec(one.trim()) ?? [];
    const name = DAYS[WEEKDAYS.indexOf(day)];
    return name ? { nth: Number(nth ?? 0), name } : null;
  });
  return days.some((one) => one === null) ? null : days.filter((one) => one !== null);
}

/** The days of a rule in words, with what goes before them; null for what has no simple words. */
function daysOf(rule: ReadonlyMap<string, string>): string | null {
  const byDay = rule.get("BYDAY");
  const position = Number(rule.get("BYSETPOS") ?? 0);
  const monthDays = rule.get("BYMONTHDAY")?.split(",", 31).map(Number);
  if (byDay !== undefined) {
    if (monthDays) return null;
    const work = byDay === WORKDAYS;
    if (work && position === 0) return "Monday to Friday";
    if (work) return `the ${ordinal(position)} weekday`;
    const days = readDays(byDay);
    if (!days || (rule.has("BYSETPOS") && days.length > 1)) return null;
    return list(
      days.map(({ nth, name }) => {
        const n = nth || position;
        return n === 0 ? name : `the ${ordinal(n)} ${name}`;
      }),
    );
  }
  if (!monthDays) return "";
  if (rule.has("BYSETPOS") || monthDays.some((n) => !Number.isInteger(n) || n === 0 || Math.abs(n) > 31))
    return null;
  return `the ${list(monthDays.map((n) => (n > 0 ? numbered(n) : `${ordinal(n)} day`)))}`;
}

/**
 * `every 2 weeks on Monday and Friday, 10 times`; rules without simple words are given as they are. `formatUntil`
 * puts the value of UNTIL into words.
 */
export function recurrenceWords(value: string, formatUntil: (until: string) => string): string {
  const rule = ruleParts(value);
  const unit = UNITS.get(rule.get("FREQ") ?? "");
  const interval = Number(rule.get("INTERVAL") ?? 1);
  const odd = ["BYYEARDAY", "BYWEEKNO", "BYHOUR", "BYMINUTE", "BYSECOND"].some((name) => rule.has(name));
  const days = daysOf(rule);
  const months = (rule.get("BYMONTH") ?? "").split(",", 12).map((n) => MONTHS[Number(n) - 1] ?? "");
  if (!unit || odd || days === null || !Number.isInteger(interval) || interval < 1)
    return `by the rule ${value.slice(0, 200)}`;
  const often = interval === 1 ? `every ${unit}` : `every ${interval} ${unit}s`;
  const inMonths = list(months.filter((month) => month !== ""));
  const on = days && `on ${days}`;
  const when = [on, inMonths && `${on ? "of" : "in"} ${inMonths}`].filter((s) => s !== "").join(" ");
  const count = Number(rule.get("COUNT") ?? 0);
  const until = rule.get("UNTIL");
  const end = count > 0 ? `, ${count} times` : until ? `, until ${formatUntil(until)}` : "";
  return `${[often, when].filter((s) => s !== "").join(" ")}${end}`;
}
