"""HTML of a mail made safe to show: nothing in it acts, nothing fetches from elsewhere."""

import re
from collections.abc import Callable
from html import escape
from typing import NamedTuple

import nh3

from tickets.reading.html import html_to_text, shape_of

MAX_SAFE = 512 * 1024
MAX_NESTING = 300  # nh3 is quadratic in nesting: 5,000 levels 0.13 s, 20,000 levels 3.5 s
MAX_REBUILT = 200_000

_REMOTE = re.compile(r"\s*(?:https?:|ftp:|//|[\\/]{2})", re.IGNORECASE)
_PICTURE = re.compile(r"data:image/(?:png|jpe?g|gif|webp);base64,", re.IGNORECASE)
_TAGS = frozenset({
    "a", "abbr", "b", "bdi", "bdo", "blockquote", "br", "caption", "center", "cite", "code", "col",
    "colgroup", "dd", "del", "dfn", "div", "dl", "dt", "em", "font", "h1", "h2", "h3", "h4", "h5", "h6",
    "hr", "i", "img", "ins", "kbd", "li", "mark", "ol", "p", "pre", "q", "s", "samp", "small", "span",
    "strike", "strong", "sub", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "tt", "u", "ul",
    "var", "wbr",
})  # fmt: skip
_ATTRIBUTES = {
    "*": {"align", "dir", "lang", "style", "title", "valign"},
    "a": {"href"},
    "img": {"alt", "height", "src", "width"},
    "font": {"color", "face", "size"},
    "table": {"border", "cellpadding", "cellspacing", "width", "bgcolor"},
    "td": {"colspan", "rowspan", "width", "bgcolor", "nowrap"},
    "th": {"colspan", "rowspan", "width", "bgcolor", "nowrap"},
    "tr": {"bgcolor"},
    "ol": {"start", "type"},
}
_STYLES = {
    "background-color", "border", "border-collapse", "border-left", "border-bottom", "border-top",
    "border-right", "color", "font-size", "font-style", "font-weight", "font-family",
    "margin", "margin-left", "margin-top", "margin-bottom", "padding", "padding-left",
    "text-align", "text-decoration", "vertical-align", "white-space", "width",
}  # fmt: skip
_DROPPED = {"script", "style", "title", "template", "noscript", "svg", "math", "iframe", "object"}
CidUrl = Callable[[str], str | None]


class SafeHtml(NamedTuple):
    """`reduced` = the HTML was too large or too nested, what is shown is its plain text."""

    html: str
    images_removed: int
    reduced: bool


def safe_html(html: str, *, cid_url: CidUrl | None = None) -> SafeHtml:
    """The HTML with nothing in it that acts or fetches.

    Remote pictures are removed and counted; `cid:` ones become `cid_url(content_id)` or go. Too large or
    too nested for nh3: its plain text in <pre>, the source stays with the mail.
    """
    if _is_too_much(html):
        return SafeHtml(f"<pre>{escape(html_to_text(html))}</pre>", 0, reduced=True)
    sources = _Sources(cid_url)
    clean = nh3.clean(
        html,
        tags=set(_TAGS),
        clean_content_tags=_DROPPED,
        attributes=_ATTRIBUTES,
        attribute_filter=sources.allowed,
        filter_style_properties=_STYLES,
        url_schemes={"http", "https", "mailto", "tel", "cid", "data"},
        link_rel="noopener noreferrer nofollow",
        set_tag_attribute_values={"a": {"target": "_blank"}},
    )
    return SafeHtml(clean, sources.removed, reduced=False)


def _is_too_much(html: str) -> bool:
    if len(html) > MAX_SAFE:
        return True
    shape = shape_of(html)
    return shape.depth > MAX_NESTING or shape.rebuilt > MAX_REBUILT


class _Sources:
    """Decides where links and pictures may point, counting the remote pictures it refused."""

    def __init__(self, cid_url: CidUrl | None):
        self._cid_url = cid_url
        self.removed = 0

    def allowed(self, tag: str, attribute: str, value: str) -> str | None:
        if attribute == "href":
            return None if value.lower().lstrip().startswith(("data:", "cid:")) else value
        if tag != "img" or attribute != "src":
            return value
        if value.lower().startswith("cid:"):
            return self._cid_url(value[4:].strip("<>")) if self._cid_url else None
        if _PICTURE.match(value):
            return value
        self.removed += bool(_REMOTE.match(value))
        return None
