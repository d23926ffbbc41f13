// A mailing list: threads, quoting, a patch.
import { plain, type Sample } from "./compose.ts";

const hour = 60;
const day = 24 * hour;
const common = {
  mailbox: "Lists/postern-users",
  to: "postern-users@lists.example.org",
  headers: [
    "List-Id: Users of Postern <postern-users.lists.example.org>",
    "List-Post: <mailto:postern-users@lists.example.org>",
    "Precedence: list",
  ],
};
const wren = "Wren Okada <wren@example.net>";
const pelle = "Pelle Strand <pelle@example.com>";
const ada = "Ada Moreau <ada@example.org>";

const patch = `From: Wren Okada <wren@example.net>

Terminals that are narrower than 40 columns got no date at all. Show the time
of day there, which is what one looks for in today's mail anyway.

Signed-off-by: Wren Okada <wren@example.net>
---
 list.txt | 5 +++--
 1 file changed, 3 insertions(+), 2 deletions(-)

diff --git a/list.txt b/list.txt
index 3f1c2a7..9be04d1 100644
--- a/list.txt
+++ b/list.txt
@@ -12,7 +12,8 @@ columns
 sender    20
 subject   rest
-date      10, or nothing below 40 columns
-size      6
+date      10
+          5 below 40 columns: the time alone
+size      6, never below 40 columns
 flags     2
 
-- 
2.47.0
`;

/** The messages of Lists/postern-users. */
export function listSamples(): Sample[] {
  return [
    {
      ...common,
      ago: 6 * day,
      flags: "S",
      from: ada,
      subject: "[postern-users] Which keys have you bound?",
      id: "keys.1",
      body: plain(`Hello all,

curious what others have put on their free keys. Mine:

  z    move --to Archive/Someday
  Z    undo

What are yours?

Ada
`),
    },
    {
      ...common,
      ago: 5 * day + 20 * hour,
      flags: "S",
      from: pelle,
      subject: "Re: [postern-users] Which keys have you bound?",
      id: "keys.2",
      after: ["keys.1"],
      body: plain(`Ada Moreau wrote:
> What are yours?

One for the boss, one for the choir. Both file the message where I shall
never look again.

Pelle
`),
    },
    {
      ...common,
      ago: 5 * day + 3 * hour,
      flags: "S",
      from: wren,
      subject: "Re: [postern-users] Which keys have you bound?",
      id: "keys.3",
      after: ["keys.1", "keys.2"],
      body: plain(`Pelle Strand wrote:
> Ada Moreau wrote:
> > What are yours?
> 
> One for the boss, one for the choir.

You sing?

Wren
`),
    },
    {
      ...common,
      ago: 5 * day,
      from: pelle,
      subject: "Re: [postern-users] Which keys have you bound?",
      id: "keys.4",
      after: ["keys.1", "keys.2", "keys.3"],
      body: plain("> You sing?\n\nNobody has proved it yet.\n\nPelle\n"),
    },
    {
      ...common,
      ago: 2 * day,
      flags: "F",
      from: wren,
      subject: "[PATCH] list: show the time on narrow terminals",
      id: "patch.1",
      body: plain(patch),
    },
    {
      ...common,
      ago: 44 * hour,
      from: ada,
      subject: "Re: [PATCH] list: show the time on narrow terminals",
      id: "patch.2",
      after: ["patch.1"],
      body: plain(`> +          5 below 40 columns: the time alone

On a telephone held upright this is exactly what I wanted. Thank you!

Tested-by: Ada Moreau <ada@example.org>
`),
    },
    {
      ...common,
      ago: 8 * hour,
      from: "Ngozi Eze <ngozi@example.net>",
      subject: "[postern-users] Reading mail on a train through tunnels",
      id: "train.1",
      body: plain(`Just wanted to say: eleven tunnels, one hour, forty messages answered,
and at the other end everything went out by itself. I did not notice when.

Ngozi
`),
    },
  ];
}
