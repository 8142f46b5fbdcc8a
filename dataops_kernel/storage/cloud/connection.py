"""The one way to DynamoDB: a client made when it is first needed, bounded retries, errors in our own words."""

import os
import random
import time
from collections import Counter
from collections.abc import Callable
from functools import cache
from typing import Any

from dataops_kernel.errors import DataOpsError, MissingExtraError
from dataops_kernel.storage.cloud.faults import may_pass, refusal, translated

_ATTEMPTS = 6
_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 2.0
_AS_THEY_ARE = {"TransactWriteItems", "BatchGetItem", "BatchWriteItem"}
"""Operations that name the table inside their items."""


class Connection:
    """Requests to one table.

    A request that may succeed a moment later (throttled, a conflict of transactions, a lost connection) is sent up
    to six times with full jitter between: ``sleep`` is given seconds, ``chance`` returns a number from 0 to 1.
    """

    def __init__(
        self,
        table: str,
        *,
        region: str | None = None,
        endpoint_url: str | None = None,
        sleep: Callable[[float], None] = time.sleep,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self.table = table
        self.where = endpoint_url or region or "the default region"
        self.requests: Counter[str] = Counter()
        """How many requests of each operation left this process."""
        self._region = region
        self._endpoint_url = endpoint_url
        self._sleep = sleep
        self._chance = chance
        self._client: Any = None
        self._pid = 0

    def call(self, operation: str, **parameters: Any) -> dict[str, Any]:
        """Send one request and return its answer.

        Raises ``Refused`` when a condition did not hold, otherwise one of the workbench's own errors.
        """
        if operation not in _AS_THEY_ARE:
            parameters["TableName"] = self.table
        attempt = 0
        while True:
            try:
                answer: dict[str, Any] = getattr(self.client(), _method(operation))(**parameters)
                return answer
            except DataOpsError:
                raise
            except Exception as error:
                refused = refusal(error)
                if refused is not None:
                    raise refused from error
                attempt += 1
                if attempt == _ATTEMPTS or not may_pass(error):
                    raise translated(error, self.table, self.where) from error
            self.pause(attempt)

    def pause(self, attempt: int) -> None:
        """Wait before the next attempt: anything up to twice as long as before, so that rivals drift apart."""
        self._sleep(self._chance() * min(_LONGEST_PAUSE, _FIRST_PAUSE * 2**attempt))

    def wait(self) -> None:
        """Wait as long as something takes that AWS does by itself."""
        self._sleep(_LONGEST_PAUSE)

    def client(self) -> Any:
        """Return boto3's client, made now if there is none; a fork makes its own, sockets are not shared."""
        if self._client is None or self._pid != os.getpid():
            self._client, self._pid = self._made(), os.getpid()
        return self._client

    def close(self) -> None:
        """Let go of the sockets."""
        if self._client is not None and self._pid == os.getpid():
            self._client.close()
        self._client = None

    def _made(self) -> Any:
        try:
            import boto3
            from botocore.config import Config
            from botocore.session import Session
        except ImportError as error:
            raise MissingExtraError(
                "The DynamoDB ledger needs boto3.", hint="pip install 'dataops-kernel[aws]'"
            ) from error
        # The retries are ours: they are counted, bounded and injected, and know a commit that was applied already.
        config = Config(retries={"total_max_attempts": 1}, connect_timeout=5, read_timeout=20, max_pool_connections=32)
        try:
            session = Session()
            session.register_component("data_loader", _loader())
            client = boto3.session.Session(botocore_session=session, region_name=self._region).client(
                "dynamodb", endpoint_url=self._endpoint_url, config=config
            )
        except Exception as error:
            raise translated(error, self.table, self.where) from error
        client.meta.events.register("before-send.dynamodb", self._count)
        return client

    def _count(self, request: Any, **_: Any) -> None:
        target = request.headers.get("X-Amz-Target", b"?")
        name = target.decode() if isinstance(target, bytes) else str(target)
        self.requests[name.rpartition(".")[2]] += 1


@cache
def _loader() -> Any:
    """Return what knows the shape of every request: read from disk once, not once for every client."""
    from botocore.loaders import create_loader

    return create_loader()


def _method(operation: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in operation).lstrip("_")
