import hashlib
import threading

import pytest

from dataops_kernel.errors import IntegrityError
from dataops_kernel.sessionlog import SessionLog
from dataops_kernel.sessionlog.segments import LARGE_SEGMENT_ENTRIES, SEGMENT_ENTRIES, Segments, unpack
from dataops_kernel.storage.ledger import Append
from dataops_kernel.storage.memory import MemoryBlobs
from dataops_kernel.types import MessageAdded, Segment, session_stream

SESSION = "ses_one"


@pytest.fixture
def blobs():
    return MemoryBlobs()


@pytest.fixture
def segments(ledger, blobs):
    return Segments(ledger, blobs)


def say(ledger, clock, count, text="hello"):
    log = SessionLog(ledger)
    for start in range(0, count, 90):
        entries = [
            MessageAdded(role="user", content=f"{text} {i}", message_id=f"msg_{i}", timestamp=clock())
            for i in range(start, min(start + 90, count))
        ]
        log.append(SESSION, *entries)


def stored(ledger):
    return [entry.body for entry in ledger.entries(session_stream(SESSION))]


def segment_of(packed, *, first=1, last=1, raw_bytes=10):
    digest = hashlib.sha256(packed).hexdigest()
    return Segment(first=first, last=last, sha256=digest, size_bytes=len(packed), raw_bytes=raw_bytes)


def test_a_session_without_entries_has_no_segments(segments):
    assert segments.seal(SESSION) == ()


def test_segments_are_aligned_to_the_numbers_with_one_tail(ledger, segments, clock):
    say(ledger, clock, 600)

    made = segments.seal(SESSION)

    assert [(s.first, s.last) for s in made] == [(1, 256), (257, 512), (513, 600)]


@pytest.mark.parametrize("count", [1, SEGMENT_ENTRIES - 1, SEGMENT_ENTRIES, SEGMENT_ENTRIES + 1])
def test_what_is_read_is_byte_for_byte_what_the_log_holds(ledger, segments, clock, count):
    say(ledger, clock, count, text='ends\nof line, "quotes", ünïcode \u2028 and')

    made = segments.seal(SESSION)

    assert [body for segment in made for body in segments.read(segment)] == stored(ledger)
    assert list(segments.read_all(made)) == stored(ledger)
    assert sum(s.raw_bytes for s in made) == sum(len(body) + 1 for body in stored(ledger))


def test_sealing_again_writes_only_a_new_tail(ledger, segments, blobs, clock):
    say(ledger, clock, 600)
    first = segments.seal(SESSION)
    before = set(blobs.list())
    say(ledger, clock, 10)

    second = segments.seal(SESSION)

    assert second[:2] == first[:2]
    assert set(blobs.list()) - before == {second[2].sha256}


def test_sealing_again_does_not_read_what_is_sealed(ledger, segments, clock, monkeypatch):
    say(ledger, clock, 600)
    segments.seal(SESSION)
    asked = []
    entries = ledger.entries
    monkeypatch.setattr(ledger, "entries", lambda stream, **bounds: asked.append(bounds) or entries(stream, **bounds))

    segments.seal(SESSION)

    assert asked == [{"after": 512, "upto": 600}]


def test_an_earlier_end_cuts_the_last_segment(ledger, segments, clock):
    say(ledger, clock, 600)
    segments.seal(SESSION)

    made = segments.seal(SESSION, upto=300)

    assert [(s.first, s.last) for s in made] == [(1, 256), (257, 300)]
    assert segments.read(made[1]) == stored(ledger)[256:300]


def test_two_who_seal_at_once_end_with_the_same_segments(ledger, blobs, clock):
    say(ledger, clock, 1100)
    gate = threading.Barrier(2)
    found = []

    def seal():
        mine = Segments(ledger, blobs)
        gate.wait()
        found.append(mine.seal(SESSION))

    threads = [threading.Thread(target=seal) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert found[0] == found[1]
    assert Segments(ledger, blobs).sealed(SESSION) == list(found[0][:4])


def test_many_entries_sealed_at_once_make_large_segments(ledger, segments, clock):
    say(ledger, clock, 2 * LARGE_SEGMENT_ENTRIES + 300)

    made = segments.seal(SESSION)

    assert [(s.first, s.last) for s in made] == [(1, 2048), (2049, 4096), (4097, 4352), (4353, 4396)]
    assert list(segments.read_all(made)) == stored(ledger)
    assert [lines for _, lines in segments.read_lines(made)] == [
        b"".join(body + b"\n" for body in stored(ledger)[s.first - 1 : s.last]) for s in made
    ]
    for seq, held in ((1, made[0]), (2048, made[0]), (2049, made[1]), (4100, made[2])):
        assert segments.holding(SESSION, seq) == held
    assert segments.holding(SESSION, 4353) is None


def test_long_entries_are_not_sealed_in_large_segments(ledger, segments, clock):
    say(ledger, clock, LARGE_SEGMENT_ENTRIES, text="word " * 500)

    made = segments.seal(SESSION)

    assert [s.first for s in made] == list(range(1, LARGE_SEGMENT_ENTRIES, SEGMENT_ENTRIES))
    assert list(segments.read_all(made)) == stored(ledger)


def test_an_end_inside_a_large_segment_leaves_what_is_remembered_as_it_is(ledger, segments, clock):
    say(ledger, clock, LARGE_SEGMENT_ENTRIES + 10)
    whole = segments.seal(SESSION)

    made = segments.seal(SESSION, upto=600)

    assert [(s.first, s.last) for s in made] == [(1, 256), (257, 512), (513, 600)]
    assert list(segments.read_all(made)) == stored(ledger)[:600]
    assert segments.seal(SESSION) == whole


def test_what_another_process_sealed_meanwhile_counts(ledger, segments, blobs, clock, monkeypatch):
    say(ledger, clock, 600)
    sealed = segments.sealed
    answers = [lambda session_id: (Segments(ledger, blobs).seal(session_id, 300), [])[1]]
    monkeypatch.setattr(segments, "sealed", lambda id: answers.pop()(id) if answers else sealed(id))
    say(ledger, clock, LARGE_SEGMENT_ENTRIES)

    made = segments.seal(SESSION)

    assert made[0].last == SEGMENT_ENTRIES
    assert list(segments.read_all(made)) == stored(ledger)
    assert sealed(SESSION) == list(made[:-1])


def test_a_missing_blob_is_an_integrity_error(ledger, segments, blobs, clock):
    say(ledger, clock, 3)
    (segment,) = segments.seal(SESSION)
    blobs.delete(segment.sha256)

    with pytest.raises(IntegrityError):
        segments.read(segment)


def test_a_log_body_with_a_line_end_is_not_sealed(ledger, segments):
    ledger.commit([Append(session_stream(SESSION), b'{"a":\n1}')])

    with pytest.raises(IntegrityError, match="one line each"):
        segments.seal(SESSION)


def test_changed_bytes_are_refused():
    packed = b"not what it says"

    with pytest.raises(IntegrityError, match="not the bytes that were sealed"):
        unpack(segment_of(packed), packed[:-1] + b"!")


def test_a_bomb_is_stopped_at_the_size_it_declares():
    import zstandard

    packed = zstandard.ZstdCompressor().compress(b"\n" * 200_000_000)

    with pytest.raises(IntegrityError, match="do not unpack to the entries"):
        unpack(segment_of(packed, raw_bytes=10), packed)
    with pytest.raises(IntegrityError, match="are the most"):
        unpack(segment_of(packed, raw_bytes=200_000_000), packed)


@pytest.mark.parametrize("packed", [b"plainly not zstd", b"\x28\xb5\x2f\xfd"])
def test_bytes_that_are_not_compressed_are_refused(packed):
    with pytest.raises(IntegrityError):
        unpack(segment_of(packed), packed)
