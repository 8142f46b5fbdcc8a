"""Memory over every ledger: what is found, and what never is."""

import pytest

from dataops_kernel.errors import LimitExceededError, ParameterError
from dataops_kernel.ids import IdSource
from dataops_kernel.sessionlog import Line, SessionLog
from dataops_kernel.sessions import Memory, SessionManager
from dataops_kernel.storage.ledger import Ledger, Put
from dataops_kernel.storage.memory import MemoryTextIndex
from dataops_kernel.testing.clock import ManualClock
from dataops_kernel.types import ArtifactAttached, Message, Restored, session_stream
from dataops_kernel.types.memory import MessageHit


class Site:
    """Sessions with a memory, and a way to say things in them."""

    def __init__(self, ledger: Ledger, clock: ManualClock, ids: IdSource) -> None:
        self.ledger, self.clock, self.ids = ledger, clock, ids
        self.log = SessionLog(ledger)
        self.index = MemoryTextIndex()
        self.memory = Memory(ledger, self.log, self.index)
        self.sessions = SessionManager(ledger, self.log, ids, clock, self.memory)

    def talk(self, *texts: str, user: str = "ann") -> str:
        session_id = self.sessions.create_session(user).session_id
        self.say(session_id, *texts)
        return session_id

    def say(self, session_id: str, *texts: str) -> None:
        for text in texts:
            self.sessions.add_message(session_id, Message(role="user", content=text))

    def restore(self, session_id: str, seq: int) -> None:
        entry = Restored(time=self.clock(), restore_id=self.ids.new("rst"), seq=seq)
        stamp = session_stream(session_id)
        index = Put("restore", entry.restore_id, entry.model_dump_json().encode(), parent=session_id, stamp=stamp)
        self.log.append(session_id, entry, also=[index])


@pytest.fixture
def site(ledger: Ledger, clock: ManualClock, ids: IdSource) -> Site:
    return Site(ledger, clock, ids)


def contents(hits: list[MessageHit]) -> list[str]:
    return [hit.message.content for hit in hits]


TALK = [
    "I adopted a grey cat from the shelter.",
    "What do you call her?",
    "Pixel, obviously.",
    "We drove to the coast on Sunday and caught a mackerel.",
    "The revenue of the northern region fell in March.",
]


@pytest.mark.parametrize(
    ("question", "first"),
    [
        ("adopting cats", TALK[0]),
        ("what pet was adopted", TALK[0]),
        ("catching fish at the sea", TALK[3]),
        ("why did revenues fall", TALK[4]),
    ],
)
def test_a_message_is_found_by_other_forms_and_other_words(site: Site, question: str, first: str):
    session_id = site.talk(*TALK)
    assert contents(site.sessions.search_messages(question, session_id=session_id))[0] == first


def test_an_answer_is_found_by_the_words_of_the_question_before_it(site: Site):
    session_id = site.talk(
        "Hello there!", "How was your flight to Lisbon?", "Bumpy.", "The weather is fine.", "See you."
    )
    hits = site.sessions.search_messages("flight to Lisbon", session_id=session_id)
    assert contents(hits)[:2] == ["Bumpy.", "How was your flight to Lisbon?"]
    assert any("is next to" in reason for reason in hits[0].why)


def test_a_hit_says_where_it_is_and_why(site: Site):
    session_id = site.talk(*TALK)
    hit = site.sessions.search_messages("cats", session_id=session_id)[0]

    assert (hit.session_id, hit.seq) == (session_id, 1)
    assert hit.words == ("cat",)
    assert hit.why[0] == "says 'cat'"
    assert hit.score > 0
    assert hit.message == site.sessions.messages(session_id, limit=10)[0]


def test_all_sessions_of_a_user_are_searched_and_nobody_elses(site: Site):
    site.talk("The dragon sleeps.")
    site.talk("A dragon wakes.")
    bobs = site.talk("My dragon is secret.", user="bob")

    found = contents(site.sessions.search_messages("dragon", user_id="ann"))

    assert sorted(found) == ["A dragon wakes.", "The dragon sleeps."]
    assert contents(site.sessions.search_messages("dragon", session_id=bobs)) == ["My dragon is secret."]
    assert site.sessions.search_messages("dragon", user_id="carol") == []


def test_what_is_said_after_a_search_is_found_by_the_next(site: Site):
    session_id = site.talk("The dragon sleeps.")
    assert len(site.sessions.search_messages("dragon", session_id=session_id)) == 1
    site.say(session_id, "Another dragon came.")
    assert len(site.sessions.search_messages("dragon", session_id=session_id)) == 2


def test_a_restore_hides_what_it_left_and_restoring_it_brings_it_back(site: Site):
    session_id = site.talk("The dragon sleeps.", "The dragon wakes.")
    site.restore(session_id, 1)
    site.say(session_id, "The dragon is painted.")

    here = contents(site.sessions.search_messages("dragon", session_id=session_id))
    everything = contents(site.sessions.search_messages("dragon", session_id=session_id, left=True))
    assert sorted(here) == ["The dragon is painted.", "The dragon sleeps."]
    assert "The dragon wakes." in everything

    site.restore(session_id, 2)
    again = contents(site.sessions.search_messages("dragon", session_id=session_id))
    assert sorted(again) == ["The dragon sleeps.", "The dragon wakes."]


def test_what_stands_on_the_line_is_found_behind_many_that_were_left(site: Site):
    session_id = site.talk("Something about a dragon, long ago and far away, in a land of many other words.")
    site.say(session_id, *["dragon dragon dragon"] * 900)
    site.restore(session_id, 1)

    assert len(site.sessions.search_messages("dragon", session_id=session_id)) == 1


def test_as_many_messages_are_found_as_are_asked_for_however_far_apart_they_are(site: Site):
    session_id = site.talk(*(f"dragon {n}" if n < 120 or n % 20 == 0 else "Nothing new." for n in range(300)))

    hits = site.sessions.search_messages("dragon", session_id=session_id, k=1_000)

    dragons = [n for n in range(300) if n < 120 or n % 20 == 0]
    assert sorted(hit.seq for hit in hits if hit.words) == [n + 1 for n in dragons]
    assert all(hit.message.content == f"dragon {hit.seq - 1}" for hit in hits if hit.words)


def test_a_message_is_found_by_the_name_of_its_artifact_and_its_workflow(site: Site):
    session_id = site.talk("Hello.")
    attached = ArtifactAttached(time=site.clock(), artifact_id="art_1", name="orders_by_region", version=1)
    site.log.append(session_id, attached)
    said = Message(role="assistant", content="Here it is.", artifacts=("art_1",), workflow="jil_parser")
    site.sessions.add_message(session_id, said)
    site.say(session_id, "Thank you.", "The regions are in order.", "Parse the file.")

    by_artifact = site.sessions.search_messages("orders_by_region", session_id=session_id)
    by_workflow = site.sessions.search_messages("jil_parser", session_id=session_id)

    assert contents(by_artifact)[0] == "Here it is."
    assert contents(by_workflow)[0] == "Here it is."


def test_who_speaks_counts(site: Site):
    session_id = site.talk("Ann: I like the sea.", "Hm.", "So.", "Well.", "Ben: I like the sea.")
    assert (
        contents(site.sessions.search_messages("where does Ben swim, the sea?", session_id=session_id))[0][:3] == "Ben"
    )


def test_a_forgotten_session_is_read_again_from_its_log(site: Site):
    session_id = site.talk("The dragon sleeps.")
    site.sessions.search_messages("dragon", session_id=session_id)
    site.memory.forget(session_id)
    assert site.index.positions([session_id]) == {}
    assert len(site.sessions.search_messages("dragon", session_id=session_id)) == 1


def test_an_index_ahead_of_the_ledger_is_built_anew(site: Site):
    session_id = site.talk("The dragon sleeps.")
    site.index.add("ann", session_id, [(number, ["ghost"]) for number in range(1, 9)], 8)

    assert contents(site.sessions.search_messages("dragon", session_id=session_id)) == ["The dragon sleeps."]
    assert site.sessions.search_messages("ghost", session_id=session_id) == []


HOSTILE = [
    '"',
    "NEAR(a b)",
    "cat*",
    "cat OR dog",
    "-cat",
    "^cat",
    "text:cat",
    "'; DROP TABLE texts;--",
    "cat\x00dog",
    "(" * 500,
]


@pytest.mark.parametrize(
    "text",
    [*HOSTILE, "\ud800 cat", "cat " * 20_000, "x" * 100_000, "ÇA İstanbul ﬁ ½ ²", "{}[]()a"],
    ids=lambda t: ascii(t)[:20],
)
def test_any_text_is_data(site: Site, text: str):
    session_id = site.talk(*TALK)
    line = site.log.line(session_id)
    says_cat = "cat" in text and "cat" in [hit for hit in ("cat",) if any(map(str.isalnum, text))]
    if any(map(str.isalnum, text)):
        found = contents(site.sessions.search_messages(text, session_id=session_id))
        assert (TALK[0] in found) == says_cat
    else:
        with pytest.raises(ParameterError, match="no word"):
            site.sessions.search_messages(text, session_id=session_id)
    assert (TALK[0] in contents(site.memory.relevant(session_id, text, line=line, k=5))) == says_cat


@pytest.mark.parametrize("text", ["", "   ", "?!…", "\x00"])
def test_a_text_without_words_is_an_error(site: Site, text: str):
    session_id = site.talk(*TALK)
    with pytest.raises(ParameterError, match="no word"):
        site.sessions.search_messages(text, session_id=session_id)


@pytest.mark.parametrize("k", [0, -1, 1_001])
def test_a_number_of_hits_out_of_range_is_an_error(site: Site, k: int):
    with pytest.raises(ParameterError, match="k is"):
        site.sessions.search_messages("cat", user_id="ann", k=k)


def test_a_search_of_nobody_and_a_huge_text_are_errors(site: Site):
    with pytest.raises(ParameterError, match="Nobody"):
        site.sessions.search_messages("cat")
    with pytest.raises(LimitExceededError, match="over the limit"):
        site.sessions.search_messages("x" * 1_000_000, user_id="ann")


def test_relevant_messages_stay_inside_the_budget_and_the_line(site: Site):
    session_id = site.talk("The dragon sleeps.", "dragon " * 300, "The dragon wakes.", "A dragon eats.")
    line = Line(((1, 3),))

    hits = site.memory.relevant(session_id, "dragon", line=line, max_tokens=20)

    assert sorted(contents(hits)) == ["The dragon sleeps.", "The dragon wakes."]
    without = site.memory.relevant(session_id, "dragon", line=line, max_tokens=20, without={1})
    assert contents(without) == ["The dragon wakes."]
    assert len(site.memory.relevant(session_id, "dragon", line=line, k=1)) == 1


@pytest.mark.parametrize("limits", [{"max_tokens": 0}, {"max_tokens": -5}, {"k": 0}, {"max_tokens": 1}])
def test_no_budget_means_nothing(site: Site, limits: dict[str, int]):
    session_id = site.talk("The dragon sleeps.")
    assert site.memory.relevant(session_id, "dragon", line=site.log.line(session_id), **limits) == []
