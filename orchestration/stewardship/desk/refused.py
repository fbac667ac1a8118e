"""A page whose form was refused: its fields hold what was sent, and the fault stands beside its field.

Templates escape `<`, `>` and `"` in all that they fill in, so a tag of a page ends at its first `>`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import unescape

from markupsafe import Markup, escape

_FORM = re.compile(r'<form [^>]*action="/preview".*?</form>', re.DOTALL)
_HIDDEN = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)">')
_FIELD = re.compile(r"<(input|select|option)\b([^>]*)>|(<textarea\b([^>]*)>)[^<]*</textarea>")
_ATTRIBUTE = re.compile(r'([\w-]+)(?:="([^"]*)")?')
_MARK = re.compile(r" (checked|selected)(?![\w-])")
_OF_THE_PAGE = {"csrf", "back", "matched"}  # hidden fields that each page fills anew
_FAULT = Markup('<p class="warning" id="fault" role="alert">{}</p>\n')


def refilled(page: str, sent: Sequence[tuple[str, str]], fault: Markup, field: str | None) -> str | None:
    """Return the page with `sent` in the form that it came from; None where the page has no such form.

    `fault` stands at the field of that name; without a name, or such a field, at the head of the form.
    """
    for form in _FORM.finditer(page):
        hidden = {(name, unescape(value)) for name, value in _HIDDEN.findall(form[0])}
        if {one for one in hidden if one[0] not in _OF_THE_PAGE} <= set(sent):
            filled = _with_fault(_filled(form[0], sent), fault, field)
            return page[: form.start()] + filled + page[form.end() :]
    return None


def _filled(form: str, sent: Sequence[tuple[str, str]]) -> str:
    select = ""

    def fill(found: re.Match[str]) -> str:
        nonlocal select
        tag, attributes = found[1] or "textarea", dict(_ATTRIBUTE.findall(found[2] or found[4] or ""))
        select = attributes.get("name", "") if tag == "select" else select
        name, kind = attributes.get("name", select), attributes.get("type", "")
        values = [value for given, value in sent if given == name]
        if tag == "textarea" and name:
            return f"{found[3]}{escape(values[-1] if values else '')}</textarea>"
        if tag == "option" or (kind in ("radio", "checkbox") and name):
            is_chosen = unescape(attributes.get("value", "")) in values
            mark = " selected" if tag == "option" else " checked"
            return _MARK.sub("", found[0])[:-1] + (mark if is_chosen else "") + ">"
        if tag == "input" and kind != "hidden" and values:
            bare = re.sub(r' value="[^"]*"', "", found[0])
            return f'{bare[:-1]} value="{escape(values[-1])}">'
        return found[0]

    return _FIELD.sub(fill, form)


def _with_fault(form: str, fault: Markup, field: str | None) -> str:
    """Put the fault before the field; of choices, after what they are called."""
    at = form.index(">") + 1
    said = str(_FAULT.format(fault))
    if field and (
        found := re.search(rf'<(?:input|select|textarea)\b[^>]* name="{re.escape(field)}"[^>]*>', form)
    ):
        is_hidden, is_choice = 'type="hidden"' in found[0], 'type="radio"' in found[0]
        if is_choice:
            at = form.rindex("</legend>", 0, found.start()) + len("</legend>")
        elif not is_hidden:
            at, end = found.start(), found.end()
            marked = f'{found[0][:-1]} aria-invalid="true" aria-errormessage="fault" autofocus>'
            return form[:at] + said + marked + form[end:]
    return form[:at] + said + form[at:]
