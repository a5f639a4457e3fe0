"""A message as Slack's incoming webhooks take it; those of Mattermost and Rocket.Chat do too."""

from delivery import post_json, setting

COLOURS = {"info": "#439fe0", "success": "#2eb67d", "warning": "#ecb22e", "error": "#e01e5a"}

text, title, level = setting("TEXT"), setting("TITLE"), setting("LEVEL")
if title or level != "info":
    attachment = {"fallback": title or text, "color": COLOURS.get(level, COLOURS["info"]), "text": text}
    if title:
        attachment["title"] = title
    if title and setting("LINK"):
        attachment["title_link"] = setting("LINK")
    post_json({"attachments": [attachment]})
else:
    post_json({"text": text})
