"""Opening a bundle somebody hands in: everything about it is checked before anything of it is kept."""

import contextlib
import hashlib
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import BinaryIO, cast

import orjson
from pydantic import ValidationError

from dataops_kernel.context.bundle_form import (
    ARTIFACTS,
    BUNDLE_VERSION,
    MANIFEST,
    MAX_MANIFEST_BYTES,
    MAX_MEMBERS,
    MAX_RATIO,
    MAX_TOTAL_BYTES,
    NAMES,
    check_seal,
    segment_name,
)
from dataops_kernel.errors import BundleError
from dataops_kernel.types import BundleManifest, Segment

_BUFFER = 1024 * 1024
_LINE_BYTES = 1024 * 1024
_LARGEST_READ = 64 * 1024**2
_SMALL = 1024 * 1024
_ENCRYPTED = 0x1
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, struct.error, NotImplementedError, RuntimeError, ValueError)


class BundleReader:
    """A bundle whose seal, members and hashes were found right; members are read as streams, never as paths."""

    def __init__(self, stream: BinaryIO) -> None:
        self.digest = check_seal(stream)
        with _as_bundle_error():
            self._zip = zipfile.ZipFile(cast(BinaryIO, _Careful(stream)))
        self._members = _checked_members(self._zip)
        self.manifest = self._read_manifest()
        self._check_members()

    def lines(self, name: str) -> Iterator[bytes]:
        """Yield the lines of a JSON Lines member, without their ends."""
        with self.open(name) as member, _as_bundle_error():
            while line := member.readline(_LINE_BYTES + 1):
                if len(line) > _LINE_BYTES:
                    raise BundleError(f"A line of {name!r} is over {_LINE_BYTES:,} bytes.", hint=_AGAIN)
                yield line.rstrip(b"\n")

    def segment(self, segment: Segment) -> bytes:
        """Return the compressed bytes of one segment of the log."""
        with self.open(segment_name(segment)) as member, _as_bundle_error():
            return member.read(segment.size_bytes + 1)

    def has(self, name: str) -> bool:
        """Say whether there is a member of this name."""
        return name in self._members

    def size(self, name: str) -> int:
        """Return the unpacked size of a member."""
        return self._members[name].file_size

    @contextlib.contextmanager
    def open(self, name: str) -> Iterator[BinaryIO]:
        """Open a member for reading."""
        with _as_bundle_error():
            member = self._zip.open(self._members[name])
        with member:
            yield cast(BinaryIO, member)

    def _read_manifest(self) -> BundleManifest:
        if not self.has(MANIFEST) or self.size(MANIFEST) > MAX_MANIFEST_BYTES:
            raise BundleError("The zip has no manifest.json, or one that is far too large.", hint=_AGAIN)
        with self.open(MANIFEST) as member, _as_bundle_error():
            body = member.read(MAX_MANIFEST_BYTES + 1)
        try:
            values = orjson.loads(body)
            version = values["version"] if values["format"] == "dataops-bundle" else None
        except (ValueError, TypeError, KeyError) as err:
            raise BundleError(f"The manifest cannot be read: {err!r:.100}.", hint=_AGAIN) from err
        if version != BUNDLE_VERSION:
            raise BundleError(
                f"The bundle has the form {version!r:.20}; this version opens form {BUNDLE_VERSION}.",
                hint="Upgrade dataops-kernel to the version that exported it, or export it with this one.",
            )
        try:
            return BundleManifest.model_validate(values)
        except ValidationError as err:
            raise BundleError(f"The manifest cannot be read: {err.errors()[0]['msg']}.", hint=_AGAIN) from err

    def _check_members(self) -> None:
        declared = {member.name: member for member in self.manifest.members}
        present = self._members.keys() - {MANIFEST}
        if len(declared) != len(self.manifest.members):
            raise BundleError("The manifest names a member twice.", hint=_AGAIN)
        for name in sorted(present - declared.keys()):
            raise BundleError(f"The member {name!r} is not in the manifest.", hint=_AGAIN, member=name)
        for name in sorted(declared.keys() - present):
            raise BundleError(f"The manifest names {name!r}, which is not in the zip.", hint=_AGAIN, member=name)
        for needed in (ARTIFACTS, *map(segment_name, self.manifest.segments)):
            if needed not in present:
                raise BundleError(f"The bundle lacks {needed!r}.", hint=_AGAIN, member=needed)
        for name, member in declared.items():
            found, size = self._digest(name, member.size_bytes)
            if (found, size) != (member.sha256, member.size_bytes) or self.size(name) != size:
                raise BundleError(
                    f"The member {name!r} is not what the manifest says: other bytes or another size.",
                    hint=_AGAIN,
                    member=name,
                )

    def _digest(self, name: str, limit: int) -> tuple[str, int]:
        """Hash a member, reading no further than one byte behind what it may have."""
        found, size = hashlib.sha256(), 0
        with self.open(name) as member, _as_bundle_error():
            while size <= limit and (chunk := member.read(min(_BUFFER, limit + 1 - size))):
                found.update(chunk)
                size += len(chunk)
        return found.hexdigest(), size


class _Careful:
    """A stream that refuses to be read in pieces as large as only a forged table of contents asks for."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.seek, self.tell, self.seekable = stream.seek, stream.tell, stream.seekable

    def read(self, size: int = -1) -> bytes:
        data = self._stream.read(size if 0 <= size <= _LARGEST_READ else _LARGEST_READ + 1)
        if len(data) > _LARGEST_READ:
            raise BundleError("The zip's table of contents is far too large.", hint=_AGAIN)
        return data

    def close(self) -> None:
        """Leave closing to whoever opened the stream."""


def _checked_members(archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    members: dict[str, zipfile.ZipInfo] = {}
    infos = archive.infolist()
    if len(infos) > MAX_MEMBERS:
        raise BundleError(f"The zip has {len(infos):,} members; the limit is {MAX_MEMBERS:,}.", hint=_AGAIN)
    total = 0
    for info in infos:
        # As it stands in the file, before the zip library makes it look harmless.
        name = info.orig_filename
        reason = _fault(name, info)
        if reason is None and name in members:
            reason = "is there twice"
        total += info.file_size
        if reason is None and total > MAX_TOTAL_BYTES:
            reason = f"makes the zip larger than {MAX_TOTAL_BYTES:,} bytes unpacked"
        if reason is not None:
            raise BundleError(f"The member {name[:200]!r} {reason}.", hint=_AGAIN, member=name[:200])
        members[name] = info
    return members


def _fault(name: str, info: zipfile.ZipInfo) -> str | None:
    if info.flag_bits & _ENCRYPTED:
        return "is encrypted"
    if stat.S_ISLNK(info.external_attr >> 16):
        return "is a symbolic link"
    if name.startswith(("/", "\\")) or ".." in name.replace("\\", "/").split("/") or ":" in name[:3]:
        return "has a path that leads out of the bundle"
    if not NAMES.fullmatch(name):
        return "is nothing a bundle has"
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return "is compressed in a way no bundle is"
    if info.file_size > _SMALL and info.file_size > MAX_RATIO * info.compress_size:
        return f"would unpack to {info.file_size:,} bytes from {info.compress_size:,}"
    return None


@contextlib.contextmanager
def _as_bundle_error() -> Iterator[None]:
    try:
        yield
    except BundleError:
        raise
    except _BROKEN as err:
        raise BundleError(f"The zip cannot be read: {str(err)[:200] or type(err).__name__}.", hint=_AGAIN) from err


_AGAIN = "Export the session again with `dataops snapshot export`."
