"""Sessions that end and tries that run out, on a clock that the test turns."""

from __future__ import annotations

import pytest

from orchestration.core import UsageError
from orchestration.stewardship.desk.accounts import Account
from orchestration.stewardship.desk.guard import (
    LOCKED_SECONDS,
    MOST_KEYS,
    WRONG_OF_ADDRESS,
    WRONG_OF_NAME,
    WRONG_TRIES,
    Address,
    Attempts,
    local_path,
)
from orchestration.stewardship.desk.sessions import (
    IDLE_SECONDS,
    LONGEST_SECONDS,
    MOST_SEARCHES,
    MOST_SESSIONS,
    Sessions,
)

ACCOUNT = Account("A. Steward", "hash")


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sessions(clock: Clock) -> Sessions:
    return Sessions(clock)


@pytest.fixture
def attempts(clock: Clock) -> Attempts:
    return Attempts(clock)


def test_a_session_lives_while_it_is_used_and_ends_when_it_is_left(clock: Clock, sessions: Sessions) -> None:
    token = sessions.begin(ACCOUNT, None)
    for _ in range(3):
        clock.now += IDLE_SECONDS - 1
        assert sessions.find(token)
    clock.now += IDLE_SECONDS + 1
    assert sessions.find(token) is None


def test_a_search_is_kept_under_one_key_until_many_later_ones(sessions: Sessions) -> None:
    session, other = (sessions.find(sessions.begin(ACCOUNT, None)) for _ in range(2))
    assert session and other
    key = session.keep_search("Fixture stage")
    assert session.keep_search("Fixture stage") == key and session.searches[key] == "Fixture stage"
    assert key not in other.searches and "Fixture" not in key
    for number in range(MOST_SEARCHES):
        session.keep_search(f"stage {number}")
    assert key not in session.searches and len(session.searches) == MOST_SEARCHES


def test_a_session_ends_after_a_working_day_however_much_it_is_used(clock: Clock, sessions: Sessions) -> None:
    token = sessions.begin(ACCOUNT, None)
    while clock.now < LONGEST_SECONDS:
        assert sessions.find(token)
        clock.now += IDLE_SECONDS / 2
    clock.now += 1
    assert sessions.find(token) is None


def test_a_login_gives_a_fresh_token_and_ends_the_old_one(sessions: Sessions) -> None:
    old = sessions.begin(ACCOUNT, None)
    fresh = sessions.begin(ACCOUNT, old)
    assert fresh != old
    assert sessions.find(old) is None
    assert sessions.find(fresh)


def test_no_token_no_session_and_no_end_of_memory(sessions: Sessions) -> None:
    assert sessions.find(None) is None and sessions.find("") is None
    tokens = [sessions.begin(ACCOUNT, None) for _ in range(MOST_SESSIONS + 5)]
    assert sum(sessions.find(token) is not None for token in tokens) == MOST_SESSIONS


NAME, HERE, ELSEWHERE = "A. Steward", "203.0.113.1", "203.0.113.2"


def fail(attempts: Attempts, name: str, address: str) -> bool:
    """Try once and fail; whether the try was allowed."""
    is_allowed = attempts.begin(name, address)
    attempts.failed(name, address)
    return is_allowed


def test_a_name_locks_after_five_wrong_tries_and_opens_again(clock: Clock, attempts: Attempts) -> None:
    for number in range(1, WRONG_TRIES + 1):
        assert attempts.begin(NAME, HERE)
        assert attempts.failed(NAME, HERE) is (number == WRONG_TRIES)
    assert not attempts.begin("a.  steward", HERE), "another spelling is the same name"
    assert attempts.begin("B. Steward", HERE)
    clock.now += LOCKED_SECONDS + 1
    assert attempts.begin(NAME, HERE)


def test_a_stranger_does_not_lock_a_name_for_its_owner(attempts: Attempts) -> None:
    assert [fail(attempts, NAME, ELSEWHERE) for _ in range(WRONG_TRIES + 1)] == [True] * WRONG_TRIES + [False]
    assert attempts.begin(NAME, HERE)
    assert sum(attempts.begin("B. Steward", HERE) for _ in range(50)) == WRONG_TRIES, "before they are judged"


def test_an_address_that_tries_many_names_locks_alone(clock: Clock, attempts: Attempts) -> None:
    tries = [fail(attempts, f"name {number}", ELSEWHERE) for number in range(WRONG_OF_ADDRESS + 5)]
    assert tries == [True] * WRONG_OF_ADDRESS + [False] * 5
    assert attempts.begin("name 0", HERE)
    clock.now += LOCKED_SECONDS + 1
    assert attempts.begin("name 0", ELSEWHERE)


def test_many_addresses_get_a_limited_number_of_tries_and_one_visitor_of_ipv6_is_one(
    attempts: Attempts,
) -> None:
    tries = [fail(attempts, NAME, f"2001:db8::{number:x}") for number in range(WRONG_TRIES + 1)]
    assert tries == [True] * WRONG_TRIES + [False]
    assert attempts.begin(NAME, "2001:db8:0:1::1")
    tries = [fail(attempts, "B. Steward", f"192.0.2.{number}") for number in range(WRONG_OF_NAME + 5)]
    assert sum(tries) == WRONG_OF_NAME


def test_an_account_of_ones_own_buys_no_further_tries(attempts: Attempts) -> None:
    for number in range(WRONG_OF_ADDRESS - 1):
        assert fail(attempts, f"name {number}", HERE)
        assert attempts.begin("Own Account", HERE)
        attempts.succeeded("Own Account", HERE)
    assert fail(attempts, "one more", HERE)
    assert not attempts.begin("Own Account", HERE)


def test_a_right_passphrase_wipes_the_wrong_tries_before_it(attempts: Attempts) -> None:
    for _ in range(4):
        for _ in range(WRONG_TRIES - 1):
            assert fail(attempts, NAME, HERE)
        assert attempts.begin(NAME, HERE)
        attempts.succeeded(NAME, HERE)


def test_wrong_tries_slow_their_address_alone(clock: Clock, attempts: Attempts) -> None:
    waits = []
    for number in range(WRONG_OF_ADDRESS):
        fail(attempts, f"name {number}", ELSEWHERE)
        waits.append(attempts.wait(ELSEWHERE))
    assert waits[0] == 0 and waits[20] > 1 and max(waits) <= 10
    assert attempts.wait(HERE) == 0
    clock.now += 3600
    assert attempts.wait(ELSEWHERE) == 0


def test_no_number_of_other_names_opens_a_lock_or_fills_the_memory(attempts: Attempts) -> None:
    for _ in range(WRONG_TRIES):
        attempts.begin(NAME, HERE)
    for number in range(MOST_KEYS):
        assert fail(attempts, f"name {number}", f"198.18.{number >> 8}.{number & 255}")
    assert not attempts.begin(NAME, HERE)
    assert len(attempts._wrong) <= MOST_KEYS


def test_where_all_that_is_kept_is_locked_a_new_name_waits(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("orchestration.stewardship.desk.guard.MOST_KEYS", 30)
    attempts = Attempts(clock)
    for number in range(10):
        for _ in range(WRONG_TRIES):
            attempts.begin(f"name {number}", f"192.0.2.{number}")
    assert not attempts.begin(NAME, HERE)
    clock.now += LOCKED_SECONDS + 1
    assert attempts.begin(NAME, HERE)


@pytest.mark.parametrize(
    ("url", "host", "is_secure"),
    [("http://127.0.0.1:3030", "127.0.0.1:3030", False), ("https://desk.example.org", "desk.example.org", True),
     ("https://desk.example.org:8443/", "desk.example.org:8443", True)],
)  # fmt: skip
def test_the_desk_answers_at_its_own_address_and_on_loopback(url: str, host: str, is_secure: bool) -> None:
    address = Address.of(url, 3030)
    assert address.origins[host] == url.rstrip("/")
    assert address.origins["127.0.0.1:3030"] == "http://127.0.0.1:3030"
    assert "evil.example" not in address.origins
    assert address.is_secure is is_secure
    assert address.session_cookie.startswith("__Host-") is is_secure


def test_unusable_address_is_reported() -> None:
    for url in ("desk.example.org", "ftp://x", "https://x/desk", "https://u:p@x", "https://x:port", ""):
        with pytest.raises(UsageError, match="NJIA_DESK_URL"):
            Address.of(url, 3030)


def test_the_way_on_after_a_login_leads_back_and_nowhere_else() -> None:
    for given in (None, "", "https://evil.example", "//evil.example", "/\\evil.example", "/a\nb", "x"):
        assert local_path(given) == "/", given
    page = "/items/rows/kobe_post/date_invalid?page=2"
    assert local_path(page) == page
