"""Assignments and comments: who takes care of an open item until when, and what stewards say about it.

An assignment lapses when its item is settled: an item that returns was opened anew, and has no owner.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, model_validator

from orchestration.core import Settings, say
from orchestration.stewardship import review
from orchestration.stewardship.items import Item, OpenItem
from orchestration.stewardship.kinds.decision import (
    Decision,
    Form,
    Group,
    Payload,
    PersonName,
    same_author,
)


def _names_an_item(text: str) -> str:
    try:
        return str(Item.parse(text))
    except ValueError:
        raise ValueError("must name an item as `njia decide waiting` does, such as extract:p:0123") from None


class OnItem(Decision):
    """A decision about an open item, which changes nothing of a release."""

    item: Annotated[str, AfterValidator(_names_an_item)]

    shapes_release: ClassVar[bool] = False
    needs_refresh: ClassVar[bool] = False

    def why_not_now(self, settings: Settings, held: Iterable[Decision]) -> str | None:
        """The list does not have the item. Decisions are listed at once, and not looked up here."""
        listed = {row["item"] for row in review.read(settings, review.OPEN_ITEMS)}
        if self.item in listed or Item.parse(self.item).kind == "decision":
            return None
        return say(
            "No open item is called {item}. `njia decide waiting` lists the open items; every refresh "
            "rewrites the list.",
            item=self.item,
        )


class Assignment(OnItem):
    """Somebody takes care of an open item until a day. Of two for one item the later holds."""

    owner: PersonName
    due: date | None = None

    @model_validator(mode="after")
    def _in_time(self) -> Assignment:
        if self.due is not None and self.due < self.time.date():
            raise ValueError("due must be the day of the decision or a later one")
        return self

    @classmethod
    def read_form(cls, form: Form) -> Iterator[Payload]:
        for item in form.all("item"):
            yield {"item": item, "owner": form.text("owner"), "due": form.day("due")}

    def sentence(self) -> str:
        if self.due is None:
            return say("{owner} takes care of {item}", owner=self.owner, item=self.item)
        sentence = "{owner} takes care of {item} until {day}"
        return say(sentence, owner=self.owner, item=self.item, day=str(self.due))

    def why_decided_already(self, holding: Iterable[Decision]) -> str | None:
        same_item = [other for other in holding if isinstance(other, Assignment) and other.item == self.item]
        if not same_item or (same_item[-1].owner, same_item[-1].due) != (self.owner, self.due):
            return None
        sentence = "Decision {id} says so already: {owner} takes care of it."
        return say(sentence, id=same_item[-1].id, owner=self.owner)


def with_owners(
    open_items: Iterable[OpenItem], assignments: Iterable[Mapping[str, Any]]
) -> Iterator[OpenItem]:
    """Yield the items with owner and due date of their latest assignment; `assignments` oldest first."""
    of_item: dict[str, list[Mapping[str, Any]]] = {}
    for assignment in assignments:
        of_item.setdefault(assignment["item"], []).append(assignment)
    for item in open_items:
        held = since_opened(item, of_item.get(str(item.item), ()))
        if not held:
            yield item
        else:
            due = date.fromisoformat(held[-1]["due"]) if held[-1]["due"] else item.due
            ids = tuple(one["id"] for one in held)
            yield replace(item, owner=held[-1]["owner"], due=due, assignments=ids)


def since_opened(item: OpenItem, decisions: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return those made since the item was opened; the others were about it when it waited before."""
    return [
        one
        for one in decisions
        if item.opened is None or datetime.fromisoformat(one["time"]).date() >= item.opened
    ]


class Comment(OnItem):
    """A comment on an open item; its `reason` is the text. Only its author takes it back."""

    @classmethod
    def read_form(cls, form: Form) -> Iterator[Payload]:
        for item in form.all("item"):
            yield {"item": item}

    def sentence(self) -> str:
        return say("comments on {item}", item=self.item)

    def why_not_taken_back(self, author: str) -> str | None:
        if same_author(author, self.author):
            return None
        return say("Only {author} can take back comment {id}.", id=self.id, author=self.author)


GROUP = Group({"assignment": Assignment, "comment": Comment})
