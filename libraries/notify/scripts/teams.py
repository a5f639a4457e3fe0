"""A message as an adaptive card, which webhooks of Teams' Workflows take."""

from typing import Any

from delivery import post_json, setting

COLOURS = {"info": "Default", "success": "Good", "warning": "Warning", "error": "Attention"}

blocks: list[dict[str, Any]] = []
colour = COLOURS.get(setting("LEVEL"), "Default")
if setting("TITLE"):
    blocks.append(
        {
            "type": "TextBlock",
            "text": setting("TITLE"),
            "weight": "Bolder",
            "size": "Medium",
            "color": colour,
            "wrap": True,
        }
    )
    colour = "Default"
blocks.append({"type": "TextBlock", "text": setting("TEXT"), "color": colour, "wrap": True})
card: dict[str, Any] = {
    "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
    "type": "AdaptiveCard",
    "version": "1.4",
    "body": blocks,
}
if setting("LINK"):
    card["actions"] = [{"type": "Action.OpenUrl", "title": "Open", "url": setting("LINK")}]
post_json(
    {
        "type": "message",
        "attachments": [{"contentType": "application/vnd.microsoft.card.adaptive", "content": card}],
    }
)
