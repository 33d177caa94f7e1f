"""Texts of ``/help``: what the bot can do, each with an example."""

from __future__ import annotations

from bot.text.wording import Text

START = Text(
    "**I turn pictures and words into short clips.**\n"
    "Type `/animate`, attach a picture and send it. That is all it takes: I post the clip in this channel "
    "and ping you. The buttons show what else I can do."
)
PICTURE = Text(
    "**A clip of a picture**\n"
    "Type `/animate`, attach a picture and send it. Or open a message's menu → Apps → *Animate this*.\n"
    "-# The example: a painted lake, with no other option."
)
WORDS = Text(
    "**A clip of words**\n"
    "Type `/text2video prompt:` and what you want to see.\n"
    "-# The example: `a red boat on the sea at sunset`. It is drawn by the engine that needs no model; your "
    "server may have one that draws photographs."
)
TAKES = Text(
    "**Drafts to choose from**\n"
    "Add `takes: 3` to `/animate` or `/text2video`. I draw three rough drafts, you press the button of the "
    "one you like, and I finish it. The set counts as one request.\n"
    "-# The example: three drafts of the same lake. The camera moves differently in each."
)
EFFECTS = Text(
    "**Effects in one click**\n"
    "Type `/effect` and choose one, or open a message's menu → Apps → *Effect…*. Moderators can add effects "
    "of their own.\n"
    "-# The example: *Snow globe*."
)
DATA = Text(
    "**Your data**\n"
    "`/mydata export` sends you everything I have about you. `/mydata erase` deletes it for good. "
    "`/mydata pictures` says whether others may animate your pictures.\n"
    "What is in an export:\n"
    "```\ndata.json   what you asked for, and how it went\ngiven/      the pictures and sounds you gave\n"
    "clips/      your clips\n```"
)
MODERATORS = Text(
    "**For moderators**\n"
    "`/queue show` lists what waits; `/queue pause` and `/queue drain` stop it. `/queue review` lets you "
    "look at clips before they are posted, `/queue limit set` says how much members may use, `/queue words "
    "add` keeps words out, `/queue showcase channel` collects the best clips of each week.\n"
    "What a clip that waits for you looks like, with the buttons *Approve* and *Reject*:\n"
    "> 👀 **A finished clip** to review\n> A clip of a picture · by Ada in #clips\n> `a red boat`"
)

NOT_HERE = Text("That page of the help isn't here, or not for you. `/help` shows those that are.")

LAKE = Text("A painted lake at sunset, with a rowing boat in front of mountains")
ALT_WORDS = Text("A drawn red sailing boat on the sea at sunset")
ALT_EFFECT = Text("The lake inside a snow globe, with snow falling")
ALT_DRAFT = Text("The same lake; the camera moves in another way")

TOPIC_PICTURE = Text("From a picture", "button")
TOPIC_WORDS = Text("From words", "button")
TOPIC_TAKES = Text("Drafts to choose from", "button")
TOPIC_EFFECTS = Text("Effects", "button")
TOPIC_DATA = Text("My data", "button")
TOPIC_MODERATORS = Text("For moderators", "button")
