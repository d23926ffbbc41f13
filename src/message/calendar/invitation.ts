/** Invitations to events (iTIP, RFC 5546; iMIP, RFC 6047): what they say, and the answer to one. */
import type { Person } from "../types.ts";
import { clockWords, dayWords, here, type Place, wallClock } from "../when.ts";
import { recurrenceWords } from "./recurrence.ts";
import {
  type Component,
  escapeText,
  foldLines,
  type Property,
  property,
  quoteParam,
  readCalendar,
  textOf,
} from "./syntax.ts";
import { type CalendarTime, laterBy, readDuration, readTime } from "./time.ts";

/** Participation status (RFC 5545 §3.2.12), lower case. */
export type Participation = "needs-action" | "accepted" | "declined" | "tentative" | "delegated";

export interface Attendee extends Person {
  readonly status: Participation;
  /** `required`, `optional`, `chair` or `informed` (RFC 5545 §3.2.16). */
  readonly role: "required" | "optional" | "chair" | "informed";
  /** A room or a thing rather than a person. */
  readonly resource: boolean;
}

export interface Invitation {
  readonly kind: "invitation";
  readonly section: string;
  /** Upper case: `REQUEST`, `CANCEL`, `REPLY`, `PUBLISH`, `COUNTER`, …; empty where there is none. */
  readonly method: string;
  readonly component: "event" | "task";
  readonly uid: string;
  readonly sequence: number;
  readonly summary: string;
  readonly location: string;
  readonly description: string;
  readonly comment: string;
  readonly url: string;
  /** `confirmed`, `tentative`, `cancelled`, …, lower case; empty where nothing is said. */
  readonly status: string;
  readonly organizer: Person | null;
  readonly attendees: readonly Attendee[];
  readonly start: CalendarTime | null;
  /** Of a task when it is due. Of whole days the day after the last. */
  readonly end: CalendarTime | null;
  /** In words; empty for a single event. */
  readonly recurrence: string;
  /** Which one of a series it is about; null for all of it. */
  readonly instance: CalendarTime | null;
}

const MAX_EVENTS = 20;
const MAX_ATTENDEES = 500;
const ROLES: ReadonlyMap<string, Attendee["role"]> = new Map([
  ["CHAIR", "chair"],
  ["OPT-PARTICIPANT", "optional"],
  ["NON-PARTICIPANT", "informed"],
]);
const STATUSES: readonly string[] = ["accepted", "declined", "tentative", "delegated"];

const isParticipation = (status: string): status is Participation => STATUSES.includes(status);

function personOf(one: Property): Person {
  const email = one.value.trim().replace(/^mailto:/i, "");
  const name = (one.params.get("CN") ?? "").trim();
  return { name: name === email ? "" : name, email };
}

function attendeeOf(one: Property): Attendee {
  const status = (one.params.get("PARTSTAT") ?? "").toLowerCase();
  return {
    ...personOf(one),
    status: isParticipation(status) ? status : "needs-action",
    role: ROLES.get((one.params.get("ROLE") ?? "").toUpperCase()) ?? "required",
    resource: /^(?:ROOM|RESOURCE)$/i.test(one.params.get("CUTYPE") ?? ""),
  };
}

function recurrenceOf(calendar: Component, event: Component, place: Place): string {
  const until = (value: string) => {
    const time = readTime(calendar, { name: "UNTIL", params: new Map(), value, line: "" });
    return time ? dayWords(localWall(time, place)) : value;
  };
  const rules = event.properties.filter(({ name }) => name === "RRULE").slice(0, 3);
  const days = (name: string) =>
    event.properties
      .filter((one) => one.name === name)
      .reduce((sum, { value }) => sum + value.split(",").length, 0);
  const [more, fewer] = [days("RDATE"), days("EXDATE")];
  return [
    ...rules.map(({ value }) => recurrenceWords(value, until)),
    ...(more > 0
      ? [`${rules.length > 0 ? "and " : ""}on ${more} other ${more === 1 ? "date" : "dates"}`]
      : []),
    ...(fewer > 0 ? [`but not on ${fewer} of them`] : []),
  ].join(", ");
}

function endOf(calendar: Component, event: Component, start: CalendarTime | null): CalendarTime | null {
  const end = readTime(calendar, property(event, "DTEND") ?? property(event, "DUE"));
  if (end || !start) return end;
  const duration = readDuration(property(event, "DURATION")?.value ?? "");
  if (duration !== null && duration >= 0) return laterBy(start, duration);
  return start.allDay ? laterBy(start, 86_400_000) : null;
}

function readEvent(calendar: Component, event: Component, section: string, place: Place): Invitation {
  const start = readTime(calendar, property(event, "DTSTART"));
  const organizer = property(event, "ORGANIZER");
  return {
    kind: "invitation",
    section,
    method: textOf(calendar, "METHOD").trim().toUpperCase().slice(0, 40),
    component: event.name === "VTODO" ? "task" : "event",
    uid: textOf(event, "UID").trim(),
    sequence: Number.parseInt(property(event, "SEQUENCE")?.value ?? "0", 10) || 0,
    summary: textOf(event, "SUMMARY").replace(/\s+/g, " ").trim(),
    location: textOf(event, "LOCATION").replace(/\s+/g, " ").trim(),
    description: textOf(event, "DESCRIPTION").trim(),
    comment: textOf(event, "COMMENT").trim(),
    url: textOf(event, "URL").trim(),
    status: textOf(event, "STATUS").trim().toLowerCase(),
    organizer: organizer ? personOf(organizer) : null,
    attendees: event.properties
      .filter(({ name }) => name === "ATTENDEE")
      .slice(0, MAX_ATTENDEES)
      .map(attendeeOf),
    start,
    end: endOf(calendar, event, start),
    recurrence: recurrenceOf(calendar, event, place),
    instance: readTime(calendar, property(event, "RECURRENCE-ID")),
  };
}

/** Reads a text/calendar part; empty where no event or task is in it. Never throws. */
export function readInvitations(text: string, section: string, place = here()): Invitation[] {
  const calendar = readCalendar(text);
  return calendar.components
    .filter(({ name }) => name === "VEVENT" || name === "VTODO")
    .slice(0, MAX_EVENTS)
    .map((event) => readEvent(calendar, event, section, place));
}

const DAY = 86_400_000;

/** The time on the clock of whoever reads; of whole days and floating times that is what was sent. */
function localWall(time: CalendarTime, place: Place): number {
  return time.at === null ? time.wall : (wallClock(time.at, place.timeZone) ?? time.at);
}

function spanWords(start: number, end: number | null): string {
  if (end === null || end === start) return `${dayWords(start)} ${clockWords(start)}`;
  const sameDay = Math.floor(start / DAY) === Math.floor(end / DAY);
  return `${dayWords(start)} ${clockWords(start)}–${sameDay ? "" : `${dayWords(end)} `}${clockWords(end)}`;
}

/** When an event is, in the reader's time; with the organizer's where that is another. */
export function describeTime({ start, end }: Pick<Invitation, "start" | "end">, place = here()): string {
  if (!start) return end ? `due ${describeTime({ start: end, end: null }, place)}` : "";
  if (start.allDay) {
    const last = end && end.wall > start.wall ? end.wall - DAY : start.wall;
    return last > start.wall
      ? `${dayWords(start.wall)}–${dayWords(last)}, all day`
      : `${dayWords(start.wall)}, all day`;
  }
  const local = localWall(start, place);
  const words = spanWords(local, end && !end.allDay ? localWall(end, place) : null);
  if (start.at === null)
    return start.zone === null ? words : `${words} (${start.zone}, a zone not known here)`;
  if (start.zone === null || local === start.wall) return words;
  const theirs = spanWords(start.wall, end?.zone === start.zone ? end.wall : null);
  // The day is said already, where it is the same.
  const day = `${dayWords(local)} `;
  return `${words} (${theirs.startsWith(day) ? theirs.slice(day.length) : theirs} ${start.zone})`;
}

const HEADINGS: ReadonlyMap<string, string> = new Map([
  ["REQUEST", "Invitation"],
  ["CANCEL", "Cancelled"],
  ["REPLY", "Answer"],
  ["COUNTER", "Another time proposed"],
  ["DECLINECOUNTER", "Proposal declined"],
  ["ADD", "Another date"],
  ["REFRESH", "Asked to send it again"],
]);

const personWords = ({ name, email }: Person) => (name && email ? `${name} <${email}>` : name || email);
const STATUS_WORDS: Readonly<Record<Participation, string>> = {
  "needs-action": "",
  accepted: "accepted",
  declined: "declined",
  tentative: "perhaps",
  delegated: "sends another",
};

/** An invitation as labelled lines of text; the first has its heading and what it is about. Raw: not yet safe. */
export function describeInvitation(
  invitation: Invitation,
  place = here(),
): { readonly label: string; readonly value: string }[] {
  const { method, component, summary, attendees, organizer, location, recurrence, status } = invitation;
  const heading = HEADINGS.get(method) ?? (component === "task" ? "Task" : "Event");
  const cancelled = status === "cancelled" && method !== "CANCEL" ? " (cancelled)" : "";
  const people = (of: readonly Attendee[]) =>
    of
      .slice(0, 30)
      .map((one) => personWords(one) + (STATUS_WORDS[one.status] && ` (${STATUS_WORDS[one.status]})`))
      .concat(of.length > 30 ? [`and ${of.length - 30} more`] : [])
      .join(", ");
  const guests = attendees.filter(({ resource }) => !resource);
  const optional = guests.filter(({ role }) => role === "optional" || role === "informed");
  const rows: [string, string][] = [
    [heading, `${summary || "(no title)"}${cancelled}`],
    [component === "task" && !invitation.start ? "Due" : "When", describeTime(invitation, place)],
    ["Repeats", recurrence],
    [
      "Only",
      invitation.instance
        ? `the one of ${describeTime({ start: invitation.instance, end: null }, place)}`
        : "",
    ],
    ["Where", location],
    ["Organizer", organizer ? personWords(organizer) : ""],
    [method === "REPLY" ? "From" : "Guests", people(guests.filter((one) => !optional.includes(one)))],
    ["Optional", people(optional)],
    ["Comment", invitation.comment.replace(/\s+/g, " ")],
  ];
  return rows.filter(([, value]) => value !== "").map(([label, value]) => ({ label, value }));
}

export interface Answer {
  readonly status: "accepted" | "declined" | "tentative";
  /** Who answers: the address that was invited, and the name to give with it. */
  readonly attendee: Person;
  readonly comment?: string;
  /** When it is answered. */
  readonly now: Date;
}

export interface CalendarReply {
  /** The organizer, to whom it goes. */
  readonly to: Person;
  readonly subject: string;
  /** The body, of type `text/calendar; method=REPLY; charset=utf-8` (RFC 6047 §2.4). */
  readonly calendar: string;
}

/** Properties that an answer repeats, so that it can be matched (RFC 5546 §3.2.3) and read. */
const REPEATED = new Set([
  "UID",
  "SEQUENCE",
  "RECURRENCE-ID",
  "ORGANIZER",
  "DTSTART",
  "DTEND",
  "DUE",
  "DURATION",
  "SUMMARY",
  "LOCATION",
]);
const SUBJECTS = { accepted: "Accepted", declined: "Declined", tentative: "Tentatively accepted" };

function componentLines(component: Component, depth = 0): string[] {
  if (depth > 4) return [];
  return [
    `BEGIN:${component.name}`,
    ...component.properties.map(({ line }) => line),
    ...component.components.flatMap((one) => componentLines(one, depth + 1)),
    `END:${component.name}`,
  ];
}

/**
 * The answer to an invitation, ready for sending; null where the calendar asks for none: it is no REQUEST, or names
 * no organizer or UID. All events of the same UID (a series and its exceptions) are answered alike.
 */
export function answerInvitation(text: string, answer: Answer): CalendarReply | null {
  const calendar = readCalendar(text);
  if (textOf(calendar, "METHOD").trim().toUpperCase() !== "REQUEST") return null;
  const events = calendar.components.filter(({ name }) => name === "VEVENT" || name === "VTODO");
  const first = events[0];
  const organizer = first && property(first, "ORGANIZER");
  const uid = first && property(first, "UID")?.value;
  if (!first || !organizer || !uid) return null;
  const { attendee, status, comment = "", now } = answer;
  const stamp = `${now.toISOString().slice(0, 19).replace(/[-:]/g, "")}Z`;
  const name = attendee.name ? `;CN=${quoteParam(attendee.name)}` : "";
  const address = attendee.email.replace(/[\s\0-\x1f\x7f]/g, "");
  const answered = events.filter((event) => property(event, "UID")?.value === uid).slice(0, MAX_EVENTS);
  const zones = new Set(
    answered.flatMap(({ properties }) => properties.map((one) => one.params.get("TZID"))),
  );
  const lines = [
    "BEGIN:VCALENDAR",
    "PRODID:-//Postern//EN",
    "VERSION:2.0",
    "METHOD:REPLY",
    ...calendar.components
      .filter((one) => one.name === "VTIMEZONE" && zones.has(property(one, "TZID")?.value))
      .slice(0, 10)
      .flatMap((zone) => componentLines(zone)),
    ...answered.flatMap((event) => [
      `BEGIN:${event.name}`,
      ...event.properties.filter((one) => REPEATED.has(one.name)).map(({ line }) => line),
      `DTSTAMP:${stamp}`,
      `ATTENDEE;PARTSTAT=${status.toUpperCase()}${name}:mailto:${address}`,
      ...(comment ? [`COMMENT:${escapeText(comment)}`] : []),
      `END:${event.name}`,
    ]),
    "END:VCALENDAR",
  ];
  const summary = textOf(first, "SUMMARY").replace(/\s+/g, " ").trim();
  return {
    to: personOf(organizer),
    subject: `${SUBJECTS[status]}: ${summary}`,
    calendar: foldLines(lines),
  };
}
