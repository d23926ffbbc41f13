// More of INBOX: the kinds of mail that programs stumble over.
import { html, multipart, part, plain, type Sample } from "./compose.ts";

const mailbox = "INBOX";
const hour = 60;
const day = 24 * hour;

export function odditySamples(): Sample[] {
  return [
    {
      mailbox,
      ago: 3 * hour,
      from: "Harbour Choir <choir@example.org>",
      subject: "Rehearsal moved to the boathouse",
      id: "choir.7",
      body: multipart(
        "alternative",
        plain("The hall is being painted, so this week we sing in the boathouse. Bring a jumper.\n"),
        part(
          ["Content-Type: text/calendar; charset=utf-8; method=REQUEST", "Content-Transfer-Encoding: 8bit"],
          `BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//Harbour Choir//Rehearsals//EN
METHOD:REQUEST
BEGIN:VEVENT
UID:rehearsal-7@example.org
DTSTAMP:20260101T120000Z
DTSTART:20300109T183000Z
DTEND:20300109T203000Z
SUMMARY:Choir rehearsal
LOCATION:The boathouse\\, north quay
ORGANIZER;CN=Harbour Choir:mailto:choir@example.org
ATTENDEE;CN=Robin Reed;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:robin@example.org
END:VEVENT
END:VCALENDAR
`,
        ),
      ),
    },
    {
      mailbox,
      ago: 9 * hour,
      from: "森 健司 <kenji@example.net>",
      charset: "ISO-2022-JP",
      subject: "来月の展示会について",
      id: "kenji.1",
      body: plain(
        `ロビンさん

こんにちは。お元気ですか。
来月、横浜で小さな写真展を開くことになりました。
灯台の写真も三枚あります。ぜひ見に来てください。

詳しいことは、また連絡します。

健司
`,
        { charset: "ISO-2022-JP" },
      ),
    },
    {
      mailbox,
      ago: 2 * day + 3 * hour,
      flags: "SF",
      from: "Ольга Белова <olga@example.com>",
      charset: "windows-1251",
      subject: "Рецепт пирога, который ты просила",
      id: "olga.1",
      body: plain(
        `Здравствуй, дорогая Робин!

Наконец-то нашла бабушкину тетрадь. Записывай:

  - три яблока, лучше кислых;
  - стакан сахара и четыре яйца;
  - стакан муки и немного корицы.

Духовку не открывать, как бы ни хотелось!

Обнимаю, твоя тётя Оля
`,
        { charset: "windows-1251" },
      ),
    },
    {
      mailbox,
      ago: 3 * day,
      flags: "S",
      from: "林小雨 <xiaoyu@example.org>",
      charset: "GB18030",
      subject: "周末读书会：《海边的灯塔》",
      id: "xiaoyu.1",
      body: plain(
        `大家好！

这个周末的读书会改在星期天下午三点，地点还是老地方。
请大家读完第四章，并带一个问题来讨论。

茶水我来准备。

小雨
`,
        { charset: "GB18030" },
      ),
    },
    {
      mailbox,
      ago: 30 * hour,
      from: "נועה ברק <noa@example.net>",
      subject: "שלום מהנמל הישן",
      id: "noa.1",
      body: plain(`שלום רובין,

הגענו אתמול בערב, והים שקט מאוד. המלון נמצא ברחוב הראשי, מספר 12,
קרוב מאוד ל-Café Mole.

נתראה ביום ראשון בשעה 10:30?

נועה
`),
    },
    {
      mailbox,
      ago: 14 * hour,
      from: "Mail Delivery <mailer-daemon@mail.example.org>",
      subject: "Undelivered: your message to the ferryman",
      id: "dsn.1",
      headers: ["Auto-Submitted: auto-replied"],
      body: multipart(
        "report; report-type=delivery-status",
        plain(`Your message could not be delivered to <ferryman@styx.example.com>.

The server there said: no such user. Check the address and send it again.
`),
        part(
          ["Content-Type: message/delivery-status"],
          `Reporting-MTA: dns; mail.example.org

Final-Recipient: rfc822; ferryman@styx.example.com
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 No such user
`,
        ),
        part(
          ["Content-Type: message/rfc822"],
          `From: Robin Reed <robin@example.org>
To: ferryman@styx.example.com
Subject: Two coins
Message-ID: <coins@mail.example.org>

Do you take cards?
`,
        ),
      ),
    },
    {
      mailbox,
      ago: 5 * hour,
      from: "Safety Test <test@example.org>",
      subject: "Safety test: \u001b[31mthis is not red\u001b[0m, \u0007no bell, \u202eno reversal\u202c",
      id: "hostile.1",
      headers: ["X-Purpose: shows that nothing in a message can command the terminal"],
      body: multipart(
        "alternative",
        plain(`This message tries what a bad one would. You should see it as text, and nothing else.

  clear the screen:    \u001b[2J\u001b[H
  change the title:    \u001b]0;Not your title\u0007
  hide what follows:   \u001b[8mhidden\u001b[0m
  reverse the reading: abc\u202efdp.exe\u202c
  ask the terminal:    \u001b[6n\u001b[c
  old-style controls:  \u009b31m \u0090q\u009c

If the screen is still whole, the test is passed.
`),
        html(`<p>A link that says one place and goes to another:
<a href="https://elsewhere.example.net/login">https://bank.example.com/</a></p>
<script>alert("scripts do nothing here")</script>
<p>And an escape: &#27;[41m red? &#x9b;41m no.</p>
`),
      ),
    },
    {
      mailbox,
      ago: 4 * day + 2 * hour,
      flags: "S",
      from: "Ida Brandt <ida@example.org>",
      subject: "A letter, as long as the evening",
      id: "ida.1",
      body: plain(
        `Dear Robin,

you asked how one lives in a house with no clocks. Quite well, it turns \nout, as long as the baker comes by at the same hour every day and the \ncat has opinions about breakfast.

I get up with the light. In winter that is a kindness and in June it is \na prank. I have started to write down what the sea does each morning, a \nsingle line and never more; today it says "grey, and thinking about it".

> Do you not miss the noise?

I did, for a week. Then I noticed that the quiet has parts, like a \ncrowd has faces.

Come in spring, and bring the good tea.

-- \nIda
`,
        { flowed: true },
      ),
    },
    {
      mailbox,
      ago: 6 * day,
      flags: "S",
      from: "Tomás Vega <tomas@example.com>",
      charset: "iso-8859-1",
      subject: "Fwd: The piano needs a new home",
      id: "piano.1",
      body: multipart(
        "mixed",
        plain(
          "Isn't this the very one from the school hall? You have the room, and the neighbours are deaf.\n",
        ),
        part(
          ["Content-Type: message/rfc822", "Content-Disposition: inline"],
          `From: Agnes Holm <agnes@example.net>
To: tomas@example.com
Subject: The piano needs a new home
Message-ID: <piano@example.net>
MIME-Version: 1.0
Content-Type: text/plain; charset=us-ascii

It is brown, it is heavy, and the lowest A says "boing".
Free to whoever carries it down four flights of stairs.
`,
        ),
      ),
    },
  ];
}
