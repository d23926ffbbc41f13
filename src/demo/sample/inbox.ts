// INBOX: a person's week.
import { attachment, html, multipart, plain, type Sample } from "./compose.ts";
import { lighthousePng, textPdf } from "./files.ts";

const mailbox = "INBOX";
const hour = 60;
const day = 24 * hour;
const maja = "Maja Lind <maja@boats.example.net>";
const tomas = "Tomás Vega <tomas@example.com>";

const welcome = `Welcome aboard.

This is a mailbox to play with. It lives in memory on your own machine, so
nothing you do here can hurt anything: delete, move, flag and undo as you like.

The keys to begin with:

    j  k      next and previous message
    Enter     read the message
    q         back, and at last out
    d         delete (it goes to Trash)
    u         undo whatever you did last
    F         flag, or take the flag away
    /         search
    ?         all the keys
    :         type any command; Tab completes it

Things to try:

  - Press j a few times, then Enter on the lighthouse walk: a whole
    conversation, with a picture at its end.
  - Delete something. Press u. There it is again.
  - Wait a little. A new message will come in by itself.
  - Look into the other folders: there is a mailing list with a patch on it,
    and a journey that is nearly planned.

Happy reading,
the Postern demo
`;

export function inboxSamples(): Sample[] {
  return [
    {
      mailbox,
      ago: 2,
      from: "Postern <hello@postern.example.org>",
      subject: "Welcome to Postern",
      id: "welcome",
      body: plain(welcome),
    },
    {
      mailbox,
      ago: 26 * hour,
      flags: "S",
      from: maja,
      cc: tomas,
      subject: "Lighthouse walk on Saturday?",
      id: "walk.1",
      body: plain(`Hej both,

the forecast says sun until four. Shall we walk out to the old lighthouse?
Low water is at 11:20, so we can take the sandbar there and the cliff path back.

I bring the coffee, somebody please bring cinnamon buns.

Maja
`),
    },
    {
      mailbox,
      ago: 24 * hour + 10,
      flags: "SA",
      from: tomas,
      to: `${maja}, Robin Reed <robin@example.org>`,
      subject: "Re: Lighthouse walk on Saturday?",
      id: "walk.2",
      after: ["walk.1"],
      body: plain(
        `Maja Lind wrote:
> I bring the coffee, somebody please bring cinnamon buns.

¡Por supuesto! Buns are mine. The bakery on the quay opens at seven and by
eight the good ones are gone, so I will be the one with flour on his sleeve.

> Low water is at 11:20

Last time you said that we came home with wet socks.

Tomás
`,
        { charset: "iso-8859-1" },
      ),
      charset: "iso-8859-1",
    },
    {
      mailbox,
      ago: 38,
      from: maja,
      cc: tomas,
      subject: "Re: Lighthouse walk on Saturday?",
      id: "walk.4",
      after: ["walk.1", "walk.2", "walk.3"],
      body: multipart(
        "mixed",
        plain(`> > Last time you said that we came home with wet socks.
> I vote for rubber boots, and for meeting at nine.

Nine it is, at the boathouse. I was out there yesterday evening and took a
picture, so that you know what you will have to walk for.

Maja
`),
        attachment("image/png", "lighthouse at dusk.png", lighthousePng()),
      ),
    },
    {
      mailbox,
      ago: 6 * hour,
      from: "The Tidal Gazette <news@gazette.example.com>",
      subject: "This week: eels, eclipses, and a very old bell 🔔",
      id: "gazette.112",
      headers: [
        "List-Id: The Tidal Gazette <weekly.gazette.example.com>",
        "List-Unsubscribe: <https://gazette.example.com/leave?u=112>",
        "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
      ],
      body: multipart(
        "alternative",
        plain(`THE TIDAL GAZETTE, no. 112

1. The eels are back            https://gazette.example.com/112/eels
2. Where to watch the eclipse   https://gazette.example.com/112/eclipse
3. A bell from 1642             https://gazette.example.com/112/bell
`),
        html(`<!DOCTYPE html>
<html><head><title>The Tidal Gazette</title>
<style>body { font-family: Georgia, serif } .box { background: #eef6f9; padding: 12px }</style></head>
<body>
<img src="https://gazette.example.com/open.gif?reader=robin" width="1" height="1" alt="">
<h1>The Tidal Gazette</h1>
<p><em>No. 112 &mdash; low water, high spirits</em></p>
<h2>The eels are back</h2>
<p>For the first time in nine years the harbour counts more than <b>two thousand</b> of them.
<a href="https://gazette.example.com/112/eels">Read how they were counted</a>, and by whom.</p>
<h2>Where to watch the eclipse</h2>
<ul>
<li>The breakwater: <i>widest view, most wind</i></li>
<li>The church tower: <a href="https://gazette.example.com/112/tower">eleven places left</a></li>
<li>Your own kitchen window, if it looks west</li>
</ul>
<div class="box"><h3>Tides</h3>
<table><tr><th>Day</th><th>Low</th><th>High</th></tr>
<tr><td>Saturday</td><td>11:20</td><td>17:41</td></tr>
<tr><td>Sunday</td><td>12:04</td><td>18:22</td></tr></table></div>
<blockquote>&ldquo;A bell that has been under water for three centuries does not ring. It clears its throat.&rdquo;</blockquote>
<p><small>You read this because you asked for it. <a href="https://gazette.example.com/leave?u=112">Leave the list</a></small></p>
</body></html>
`),
      ),
    },
    {
      mailbox,
      ago: 7 * hour,
      from: "Café Mole <accounts@cafe-mole.example.com>",
      charset: "iso-8859-1",
      subject: "Rechnung für Ihr Fest - vielen Dank!",
      id: "invoice.1",
      body: multipart(
        "mixed",
        plain(
          `Guten Tag, Frau Reed,

es war uns eine große Freude. Die Rechnung über 84,50 finden Sie im Anhang;
der übrig gebliebene Käsekuchen wartet im Kühlschrank auf Sie.

Herzliche Grüße
Café Mole
`,
          { charset: "iso-8859-1" },
        ),
        attachment(
          "application/pdf",
          "Rechnung für Frau Reed.pdf",
          textPdf([
            "Cafe Mole, north quay",
            "",
            "12 x cheesecake    72.00",
            "5 x coffee         12.50",
            "",
            "Total              84.50",
          ]),
        ),
      ),
    },
    {
      mailbox,
      ago: 55,
      from: "Parcel Pigeon 🐦 <track@pigeon.example.net>",
      subject: "🎉 Your parcel has landed! 📦 (and 👩‍🚀 says hi)",
      id: "parcel.1",
      body: plain(`Coo coo!

📦 Parcel 20417 is at your neighbour's: 👵🏽 Mrs Ferro, second floor.
🕐 She is at home until 18:00, and asks you to bring back her ladder.

👍🏾 Thanks for flying with us — 🇸🇪🇵🇹🇯🇵 and everywhere between.
`),
    },
    {
      mailbox,
      ago: 2 * day,
      flags: "F",
      from: "Town Library <desk@library.example.org>",
      subject: "Three books are due on Friday",
      id: "library.1",
      body: plain(`Dear reader,

these would like to come home:

  Knots for the Impatient         due Friday
  A Field Guide to Fog            due Friday
  Bread, Slowly                   due Friday, and someone is waiting for it

You can renew the first two by answering this message.
`),
    },
    {
      mailbox,
      ago: 5 * day,
      flags: "SA",
      from: "Mrs Ferro <ferro@example.com>",
      subject: "Could you water the tomatoes?",
      id: "tomatoes.1",
      body: plain(`Dear Robin,

I am at my sister's until Tuesday. The tomatoes want a can each in the evening,
and the one by the door wants to be talked to.

The key is where the key is.
`),
    },
    {
      mailbox,
      ago: 11 * hour,
      flags: "S",
      from: "root@boathouse.example.org",
      subject: "Cron <root@boathouse> /usr/local/bin/backup --nightly",
      id: "cron.1",
      headers: ["Auto-Submitted: auto-generated"],
      body: plain(`backup: 3 sources, 1 target
backup: /home            18,204 files   0 changed since yesterday
backup: /srv/photos       6,113 files  41 changed since yesterday
backup: /var/lib/tides      730 files   1 changed since yesterday
backup: done in 00:02:41, next run tomorrow at 03:10
`),
    },
  ];
}

/** What arrives by itself while the demo runs. */
export function arrivingSample(): Sample {
  return {
    mailbox,
    ago: 0,
    from: maja,
    cc: tomas,
    subject: "Re: Lighthouse walk on Saturday?",
    id: "walk.5",
    after: ["walk.1", "walk.2", "walk.3", "walk.4"],
    body: plain(`One more thing: bring a torch. The stairs inside have no light.

(This message came in while you were looking. The server pushed it: IMAP IDLE.)

Maja
`),
  };
}
