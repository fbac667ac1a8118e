"""Comments on open items: what stewards tell each other about them."""

from __future__ import annotations

from collections.abc import Iterator

from orchestration.core import say
from orchestration.stewardship.kinds.assignment import OnItem
from orchestration.stewardship.kinds.decision import same_author
from orchestration.stewardship.kinds.form import Form, Payload
from orchestration.stewardship.kinds.group import Group


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


GROUP = Group({"comment": Comment})
