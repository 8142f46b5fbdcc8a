import hashlib
import io
import json
import random
import struct
import zipfile

import pytest

from dataops_kernel.context.bundle_form import PLACEHOLDER, SealingSink
from dataops_kernel.errors import BundleError
from dataops_kernel.types import ArtifactMetadata, Message


@pytest.fixture
def members(workbench):
    """The members of a good bundle, by name."""
    session_id = workbench.sessions.create_session(title="victim").session_id
    workbench.sessions.add_message(session_id, Message(role="user", content="hello"))
    for name, content in (("orders", [{"id": 1}]), ("notes", "word " * 20_000)):
        workbench.artifacts.store_artifact(
            content, ArtifactMetadata(session_id=session_id, workflow_name="by_hand", name=name)
        )
    stream = io.BytesIO()
    workbench.context.export_bundle(session_id, stream)
    with zipfile.ZipFile(stream) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def bundle(members, *, change=None, declare=True, seal=True):
    """Pack members again, the way somebody would who knows the form; ``change`` gets the open zip at the end."""
    members = dict(members)
    manifest = json.loads(members.pop("manifest.json"))
    if declare:
        manifest["members"] = [
            {"name": name, "sha256": hashlib.sha256(body).hexdigest(), "size_bytes": len(body)}
            for name, body in members.items()
        ]
    target = io.BytesIO()
    sink = SealingSink(target)
    with zipfile.ZipFile(sink, "w") as archive:
        archive.comment = PLACEHOLDER
        for name, body in members.items():
            archive.writestr(zipfile.ZipInfo(name), body)
        archive.writestr("manifest.json", json.dumps(manifest))
        if change:
            change(archive)
    if seal:
        sink.seal()
    return target.getvalue()


def edited(members, **changes):
    manifest = {**json.loads(members["manifest.json"]), **changes}
    return {**members, "manifest.json": json.dumps(manifest).encode()}


def lines(members, name, edit):
    values = [edit(json.loads(line)) for line in members[name].splitlines()]
    return {**members, name: b"".join(json.dumps(value).encode() + b"\n" for value in values)}


def refused(workbench, data, match):
    before = [session.session_id for session in workbench.sessions.list_sessions()]
    with pytest.raises(BundleError, match=match) as caught:
        workbench.context.import_bundle(io.BytesIO(data))
    assert caught.value.hint
    assert [session.session_id for session in workbench.sessions.list_sessions()] == before


def test_the_packing_of_these_tests_makes_good_bundles(workbench, members):
    opened = workbench.context.import_bundle(io.BytesIO(bundle(members)))

    assert opened.title == "victim"
    assert len(workbench.artifacts.list_artifacts(opened.session_id)) == 2


def test_any_changed_byte_is_refused(workbench, members):
    good = bundle(members)
    chance = random.Random(7)
    places = [*range(0, len(good), max(1, len(good) // 150)), *range(len(good) - 100, len(good))]
    for place in places:
        changed = bytearray(good)
        changed[place] ^= 1 << chance.randrange(8)
        with pytest.raises(BundleError):
            workbench.context.import_bundle(io.BytesIO(bytes(changed)))


def test_any_missing_end_is_refused(workbench, members):
    good = bundle(members)
    for length in [0, 1, 21, 22, 70, 71, 93, *range(100, len(good), len(good) // 40), len(good) - 1]:
        with pytest.raises(BundleError):
            workbench.context.import_bundle(io.BytesIO(good[:length]))


def test_bytes_behind_the_end_are_refused(workbench, members):
    refused(workbench, bundle(members) + b"x", "not a bundle|other bytes|not the one")


def test_a_zip_that_is_no_bundle_is_refused(workbench):
    plain = io.BytesIO()
    with zipfile.ZipFile(plain, "w") as archive:
        archive.writestr("hello.txt", "hello")
    refused(workbench, plain.getvalue(), "not a bundle")
    refused(workbench, sealed(plain.getvalue()), "is nothing a bundle has|cannot be read")


def sealed(data):
    return data + b"sha256:" + hashlib.sha256(data).hexdigest().encode()


@pytest.mark.parametrize(
    "name",
    [
        "../outside",
        "/etc/passwd",
        "content/../../outside",
        "..\\outside",
        "C:\\outside",
        "C:/outside",
        "log/../manifest.json",
        "\\\\host\\share",
    ],
)
def test_a_path_that_escapes_is_refused(workbench, members, name):
    refused(workbench, bundle({**members, name: b"x"}), "leads out of the bundle")


@pytest.mark.parametrize(
    "name", ["notes.txt", "content/abc.json", "log/1.jsonl", "manifest.json/x", "content/", "log/"]
)
def test_a_member_no_bundle_has_is_refused(workbench, members, name):
    refused(workbench, bundle({**members, name: b"x"}), "is nothing a bundle has")


def test_a_member_that_is_not_declared_is_refused(workbench, members):
    name = f"content/{'0' * 64}.json"
    data = bundle(members, change=lambda archive: archive.writestr(name, b"x"))
    refused(workbench, data, "not in the manifest")


def test_a_member_that_is_there_twice_is_refused(workbench, members):
    with pytest.warns(UserWarning, match="Duplicate"):
        data = bundle(members, change=lambda archive: archive.writestr("artifacts.jsonl", b""))
    refused(workbench, data, "is there twice")


def test_a_declared_member_that_is_missing_is_refused(workbench, members):
    less = {name: body for name, body in members.items() if not name.startswith("content/")}
    refused(workbench, bundle(less, declare=False), "not in the zip")
    refused(workbench, bundle(less), "the content of .* is not in it")


def test_a_symbolic_link_is_refused(workbench, members):
    link = zipfile.ZipInfo(f"content/{'0' * 64}.json")
    link.external_attr = 0o120777 << 16
    refused(workbench, bundle(members, change=lambda archive: archive.writestr(link, "/etc/passwd")), "symbolic link")


def test_an_encrypted_member_is_refused(workbench, members):
    good = bundle(members)
    encrypted = bytearray(good[:-71])
    start = encrypted.index(b"PK\x01\x02")
    while start >= 0:
        encrypted[start + 8] |= 1
        start = encrypted.find(b"PK\x01\x02", start + 4)
    refused(workbench, sealed(bytes(encrypted)), "is encrypted")


def test_a_bomb_is_refused_before_it_is_unpacked(workbench, members):
    name = f"content/{'0' * 64}.bin"

    def add(archive):
        archive.writestr(name, b"\0" * 50_000_000, zipfile.ZIP_DEFLATED, 9)

    refused(workbench, bundle(members, change=add), "would unpack to")


def test_a_total_over_the_limit_is_refused(workbench, members, monkeypatch):
    monkeypatch.setattr("dataops_kernel.context.bundle_reading.MAX_TOTAL_BYTES", 1_000)

    refused(workbench, bundle(members), "larger than 1,000 bytes unpacked")


def test_too_many_members_are_refused(workbench, members, monkeypatch):
    monkeypatch.setattr("dataops_kernel.context.bundle_reading.MAX_MEMBERS", 3)

    refused(workbench, bundle(members), "the limit is 3")


def test_a_size_that_lies_is_refused(workbench, members):
    good = bytearray(bundle(members)[:-71])
    place = good.index(b"PK\x01\x02", good.index(b"PK\x01\x02"))
    (size,) = struct.unpack_from("<L", good, place + 24)
    struct.pack_into("<L", good, place + 24, size + 1)
    refused(workbench, sealed(bytes(good)), "not what the manifest says|cannot be read")


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"version": 2}, "has the form 2; this version opens form 1"),
        ({"version": "1"}, "has the form"),
        ({"format": "other"}, "has the form"),
        ({"title": "x" * 201}, "title"),
        ({"title": "two\nlines"}, "title"),
        ({"user_preferences": {"row_limit": -1}}, "preferences"),
        ({"something": 1}, "manifest cannot be read"),
        ({"segments": []}, "none that its log attaches"),
    ],
)
def test_a_manifest_that_does_not_fit_is_refused(workbench, members, changes, match):
    refused(workbench, bundle(edited(members, **changes)), match)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"[" * 100_000, b'{"version": 1}'])
def test_a_manifest_that_is_none_is_refused(workbench, members, body):
    target = io.BytesIO()
    sink = SealingSink(target)
    with zipfile.ZipFile(sink, "w") as archive:
        archive.comment = PLACEHOLDER
        archive.writestr("manifest.json", body)
    sink.seal()
    refused(workbench, target.getvalue(), "manifest cannot be read")


@pytest.mark.parametrize(
    ("name", "edit", "match"),
    [
        ("artifacts.jsonl", lambda a: {**a, "version": 7}, "none that its log attaches"),
        ("artifacts.jsonl", lambda a: {**a, "artifact_id": "../../x"}, "none that its log attaches"),
        ("artifacts.jsonl", lambda a: {**a, "sha256": "0" * 64}, "is not in it"),
        ("artifacts.jsonl", lambda a: {**a, "size_bytes": 1}, "not what its description says"),
        ("artifacts.jsonl", lambda a: {**a, "size_bytes": 10**15}, "not what its description says"),
        ("artifacts.jsonl", lambda a: {**a, "workflow_name": "a\nb"}, "described wrongly"),
        ("artifacts.jsonl", lambda a: {**a, "evil": True}, "cannot be read"),
        ("artifacts.jsonl", lambda a: "text", "cannot be read"),
    ],
)
def test_a_description_that_does_not_fit_is_refused(workbench, members, name, edit, match):
    refused(workbench, bundle(lines(members, name, edit)), match)


def test_content_of_somebody_else_cannot_be_had_by_its_hash(workbench, members):
    """The hash of content that is in the workspace already does not open it: the bundle must hold the bytes."""
    secret = "secret " * 20_000
    theirs = workbench.acting_as(workbench.user.model_copy(update={"user_id": "bob"}))
    session_id = theirs.sessions.create_session().session_id
    held = theirs.artifacts.describe(
        theirs.artifacts.store_artifact(
            secret, ArtifactMetadata(session_id=session_id, workflow_name="by_hand", name="secret")
        )
    )

    def steal(artifact):
        stolen = {"sha256": held.sha256, "size_bytes": held.size_bytes, "encoding": held.encoding}
        return {**artifact, **stolen} if artifact["name"] == "notes" else artifact

    refused(workbench, bundle(lines(members, "artifacts.jsonl", steal)), "is not in it")


def test_lineage_cannot_be_tied_to_what_the_bundle_does_not_hold(workbench, members):
    session_id = workbench.sessions.create_session().session_id
    mine = workbench.artifacts.store_artifact(
        {"a": 1}, ArtifactMetadata(session_id=session_id, workflow_name="by_hand", name="mine")
    )
    edge = json.dumps({"source": "art_" + "0" * 26, "target": mine, "relation": "derived"}).encode() + b"\n"

    workbench.context.import_bundle(io.BytesIO(bundle({**members, "edges.jsonl": edge})))

    assert workbench.lineage(mine).edges == ()


def test_a_log_that_bursts_is_refused(workbench, members):
    import zstandard

    name = next(name for name in members if name.startswith("log/"))
    manifest = json.loads(members["manifest.json"])
    bomb = zstandard.ZstdCompressor().compress(b"\n" * 150_000_000)
    manifest["segments"][0] |= {"sha256": hashlib.sha256(bomb).hexdigest(), "size_bytes": len(bomb)}
    changed = edited({**members, name: bomb}, segments=manifest["segments"])
    refused(workbench, bundle(changed), "do not unpack to the entries")


def test_a_log_that_points_ahead_is_refused(workbench, members):
    import zstandard

    name = next(name for name in members if name.startswith("log/"))
    manifest = json.loads(members["manifest.json"])
    raw = zstandard.ZstdDecompressor().decompressobj().decompress(members[name])
    first = {"time": "2026-01-01T00:00:00Z", "type": "restored", "restore_id": "rst_x", "seq": 99}
    raw = json.dumps(first).encode() + b"\n" + raw.split(b"\n", 1)[1]
    packed = zstandard.ZstdCompressor().compress(raw)
    manifest["segments"][0] |= {
        "sha256": hashlib.sha256(packed).hexdigest(),
        "size_bytes": len(packed),
        "raw_bytes": len(raw),
    }
    changed = edited({**members, name: packed}, segments=manifest["segments"])
    refused(workbench, bundle(changed), "entry 1 of its log points at entry 99")
