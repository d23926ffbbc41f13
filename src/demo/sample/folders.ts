// The other folders: what was sent, begun, put away, thrown away, and the journey.
import { attachment, html, multipart, owner, plain, type Sample } from "./compose.ts";
import { textPdf } from "./files.ts";

const hour = 60;
const day = 24 * hour;
const maja = "Maja Lind <maja@boats.example.net>";

function sent(): Sample[] {
  const common = { mailbox: "Sent", flags: "S", from: owner };
  return [
    {
      ...common,
      ago: 20 * hour,
      to: "Tomás Vega <tomas@example.com>, Maja Lind <maja@boats.example.net>",
      subject: "Re: Lighthouse walk on Saturday?",
      id: "walk.3",
      after: ["walk.1", "walk.2"],
      body: plain(`> Last time you said that we came home with wet socks.

I vote for rubber boots, and for meeting at nine.

Robin
`),
    },
    {
      ...common,
      ago: 5 * day - 2 * hour,
      to: "Mrs Ferro <ferro@example.com>",
      subject: "Re: Could you water the tomatoes?",
      id: "tomatoes.2",
      after: ["tomatoes.1"],
      body: plain("Gladly. What does the one by the door like to talk about?\n\nRobin\n"),
    },
    {
      ...common,
      ago: 9 * day,
      to: "Ida Brandt <ida@example.org>",
      subject: "Do you not miss the noise?",
      id: "ida.0",
      body: plain("Dear Ida,\n\nhow does one live in a house with no clocks?\n\nRobin\n"),
    },
    {
      ...common,
      ago: 14 * hour + 5,
      to: "ferryman@styx.example.com",
      subject: "Two coins",
      id: "coins",
      body: plain("Do you take cards?\n"),
    },
  ];
}

function drafts(): Sample[] {
  const common = { mailbox: "Drafts", flags: "SD", from: owner };
  return [
    {
      ...common,
      ago: 90,
      to: "Town Library <desk@library.example.org>",
      subject: "Re: Three books are due on Friday",
      id: "draft.1",
      after: ["library.1"],
      body: plain("Hello,\n\nplease renew the knots and the fog. The bread I will bring\n"),
    },
    {
      ...common,
      ago: 8 * day,
      to: "",
      subject: "Ideas for the shed",
      id: "draft.2",
      body: plain(
        "- shelves up to the window\n- a hook for every oar\n- a chair, for looking at the shelves\n",
      ),
    },
  ];
}

function archive(): Sample[] {
  const common = { mailbox: "Archive", flags: "S" };
  return [
    {
      ...common,
      ago: 40 * day,
      from: "森 健司 <kenji@example.net>",
      charset: "Shift_JIS",
      subject: "写真をありがとう",
      id: "kenji.0",
      body: multipart(
        "mixed",
        plain(
          "ロビンさん\n\n写真をありがとうございました。とてもきれいですね。\nメモを添付します。\n\n健司\n",
          {
            charset: "Shift_JIS",
          },
        ),
        attachment("text/plain; charset=utf-8", "撮影メモ.txt", Buffer.from("灯台、夕方、三脚あり\n")),
      ),
    },
    {
      ...common,
      ago: 61 * day,
      from: maja,
      subject: "The boat has a name now",
      id: "boat.1",
      body: plain("We voted. It is called Second Thoughts. The paint is already dry.\n\nMaja\n"),
    },
    {
      ...common,
      ago: 75 * day,
      flags: "SF",
      from: "Landlord <office@houses.example.com>",
      subject: "Your lease, countersigned",
      id: "lease.1",
      body: multipart(
        "mixed",
        plain("Attached is your copy. Nothing has changed but the year.\n"),
        attachment(
          "application/pdf",
          "lease.pdf",
          textPdf(["Lease", "", "Second floor, north quay 4.", "One cat allowed."]),
        ),
      ),
    },
    {
      ...common,
      ago: 120 * day,
      from: "Ольга Белова <olga@example.com>",
      charset: "koi8-r",
      subject: "С днём рождения!",
      id: "olga.0",
      body: plain("Дорогая Робин!\n\nЗдоровья, тепла и попутного ветра.\n\nТётя Оля\n", {
        charset: "koi8-r",
      }),
    },
    {
      ...common,
      ago: 400 * day,
      from: "Town Library <desk@library.example.org>",
      subject: "Welcome, new reader",
      id: "library.0",
      body: plain("Your card is ready. It opens four thousand doors, most of them paper.\n"),
    },
  ];
}

function trashAndJunk(): Sample[] {
  return [
    {
      mailbox: "Trash",
      ago: 10 * day,
      flags: "S",
      from: "Mattress Moon <offers@mattress.example.com>",
      subject: "Last chance (again)",
      id: "mattress.1",
      body: plain("The sale that ended on Monday ends on Tuesday.\n"),
    },
    {
      mailbox: "Trash",
      ago: 12 * day,
      flags: "S",
      from: "Harbour Choir <choir@example.org>",
      subject: "Lost: one left glove",
      id: "choir.6",
      body: plain("Found: one left glove. Please ignore this message.\n"),
    },
    {
      mailbox: "Junk",
      ago: 13 * hour,
      from: "Prince of Somewhere <prince@somewhere.example.net>",
      subject: "CONFIDENTIAL: forty tons of herring",
      id: "herring.1",
      body: plain("Dearest friend,\n\nI have inherited forty tons of herring and need your freezer.\n"),
    },
    {
      mailbox: "Junk",
      ago: 4 * day,
      from: "Account Team <security@bank-of-example.example.net>",
      subject: "Your acount will be closed !!!",
      id: "phish.1",
      body: html(`<p>Dear costumer,</p><p>confirm your pasword at
<a href="https://not-the-bank.example.net/steal">https://bank.example.com/secure</a> in 24 hours.</p>
`),
    },
  ];
}

function travel(): Sample[] {
  const common = { mailbox: "Travel" };
  return [
    {
      ...common,
      ago: 3 * day,
      flags: "SF",
      from: "North Sea Ferries <booking@ferries.example.com>",
      subject: "Your booking NSF-4471: night ferry, two berths",
      id: "ferry.1",
      body: multipart(
        "mixed",
        plain(`Booking NSF-4471

  Out    Thursday  21:30   pier 3   cabin 214
  Back   Monday    08:15   pier 1   deck seats

Be at the pier 45 minutes before. Bicycles go first, dogs go whenever they like.
`),
        attachment(
          "application/pdf",
          "ticket-NSF-4471.pdf",
          textPdf([
            "North Sea Ferries",
            "Booking NSF-4471",
            "Cabin 214, two berths",
            "Boarding 20:45, pier 3",
          ]),
        ),
      ),
    },
    {
      ...common,
      ago: 2 * day + 5 * hour,
      flags: "S",
      from: "Hotel Leuchtturm <post@hotel-leuchtturm.example.com>",
      charset: "iso-8859-1",
      subject: "Bestätigung: Zimmer 7, drei Nächte",
      id: "hotel.1",
      body: plain(
        `Liebe Frau Reed,

Zimmer 7 ist für Sie reserviert: drei Nächte, Frühstück bis elf, Blick aufs Wasser.
Der Schlüssel hängt hinter der Möwe.
`,
        { charset: "iso-8859-1" },
      ),
    },
    {
      ...common,
      ago: 28 * hour,
      from: maja,
      subject: "Packing list for the island",
      id: "packing.1",
      body: plain(`Mine so far, add yours:

  [x] wool socks, two pairs
  [x] the small stove
  [ ] a book that can get wet
  [ ] cards, because it will rain

Maja
`),
    },
    {
      ...common,
      ago: 18 * hour,
      from: "Rail Desk <rail@trains.example.org>",
      subject: "Platform change for your train on Thursday: 4 → 2",
      id: "rail.1",
      body: plain(
        "The 16:04 to the coast leaves from platform 2 this Thursday. The buffet car stays shut — bring buns.\n",
      ),
    },
  ];
}

/** Everything outside of INBOX and the mailing list. */
export function folderSamples(): Sample[] {
  return [...sent(), ...drafts(), ...archive(), ...trashAndJunk(), ...travel()];
}
