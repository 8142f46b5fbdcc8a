"""The table itself: made once per workspace by ``dataops aws init``, looked at by ``dataops aws status``."""

from typing import Any

from dataops_kernel.errors import BackendError, StorageUnavailableError
from dataops_kernel.storage.cloud.connection import Connection

_LOOKS = 60
_TABLE: dict[str, Any] = {
    "AttributeDefinitions": [
        {"AttributeName": "pk", "AttributeType": "S"},
        {"AttributeName": "sk", "AttributeType": "S"},
    ],
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
    "BillingMode": "PAY_PER_REQUEST",
}


def describe_table(connection: Connection) -> dict[str, Any] | None:
    """Return what AWS says of the table: status, items and bytes (both counted about every six hours); None if absent.

    Raises ``StorageUnavailableError`` without credentials or when the endpoint cannot be reached.
    """
    found = _described(connection)
    if found is None:
        return None
    return {
        "table": connection.table,
        "status": str(found["TableStatus"]).lower(),
        "arn": found.get("TableArn", ""),
        "items": found.get("ItemCount", 0),
        "bytes": found.get("TableSizeBytes", 0),
        "billing": "on demand" if _on_demand(found) else "provisioned",
        "point_in_time_recovery": _recovery(connection),
    }


def create_table(connection: Connection, *, recovery: bool = True) -> bool:
    """Make the table unless it is there, wait until it can be used, and turn point-in-time recovery on.

    Billing is on demand. Returns whether it was made now. Raises ``BackendError`` when a table of this name has other
    keys, and ``StorageUnavailableError`` when it does not become active within about two minutes.
    """
    found = _described(connection)
    made = found is None
    if found is None:
        connection.call("CreateTable", **_TABLE)
    elif found["KeySchema"] != _TABLE["KeySchema"]:
        raise BackendError(
            f"The DynamoDB table {connection.table!r} is not a ledger of this workbench: it has other keys.",
            hint="Choose another name: DATAOPS_DYNAMODB_TABLE=my-ledger",
        )
    _await_active(connection)
    if recovery and not _recovery(connection):
        connection.call(
            "UpdateContinuousBackups", PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
        )
    return made


def _described(connection: Connection) -> dict[str, Any] | None:
    try:
        described: dict[str, Any] = connection.call("DescribeTable")["Table"]
    except StorageUnavailableError as error:
        if error.facts.get("code") == "ResourceNotFoundException":
            return None
        raise
    return described


def _await_active(connection: Connection) -> None:
    for _ in range(_LOOKS):
        found = _described(connection)
        if found is not None and found["TableStatus"] in ("ACTIVE", "UPDATING"):
            return
        connection.wait()
    raise StorageUnavailableError(
        f"The DynamoDB table {connection.table!r} does not become active.", hint="Look again: dataops aws status"
    )


def _on_demand(found: dict[str, Any]) -> bool:
    return bool(found.get("BillingModeSummary", {}).get("BillingMode") == "PAY_PER_REQUEST")


def _recovery(connection: Connection) -> bool:
    told = connection.call("DescribeContinuousBackups")["ContinuousBackupsDescription"]
    return bool(told.get("PointInTimeRecoveryDescription", {}).get("PointInTimeRecoveryStatus") == "ENABLED")
