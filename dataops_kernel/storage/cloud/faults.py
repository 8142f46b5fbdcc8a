"""What DynamoDB and its client report, said once in the workbench's own words."""

from typing import Any

from dataops_kernel.errors import (
    BackendError,
    DataOpsError,
    LimitExceededError,
    SettingsError,
    StorageUnavailableError,
)

_CREDENTIALS = "Set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; `dataops aws status` checks them."
_LATER = "Nothing was half written; try again in a moment."

_BY_CODE = {
    "ProvisionedThroughputExceededException": ("it is asked for more than it is allowed to answer", _LATER),
    "ThrottlingException": ("it is asked for more than it is allowed to answer", _LATER),
    "RequestLimitExceeded": ("the account's request limit is reached", _LATER),
    "TransactionConflictException": ("others keep writing to the same items", _LATER),
    "TransactionInProgressException": ("the same commit is still under way", _LATER),
    "TransactionCanceledException": ("others keep writing to the same items", _LATER),
    "InternalServerError": ("AWS reported an error of its own", _LATER),
    "ServiceUnavailable": ("AWS reported an error of its own", _LATER),
    "AccessDeniedException": (
        "this identity may not use it",
        "Allow dynamodb:GetItem, BatchGetItem, Query, PutItem, UpdateItem, DeleteItem and BatchWriteItem on the table.",
    ),
    "UnrecognizedClientException": ("the credentials are not accepted", _CREDENTIALS),
    "InvalidSignatureException": ("the credentials are not accepted", _CREDENTIALS),
    "IncompleteSignature": ("the credentials are not accepted", _CREDENTIALS),
    "MissingAuthenticationToken": ("the credentials are not accepted", _CREDENTIALS),
    "ExpiredTokenException": ("the credentials have expired", "Log in again: aws sso login"),
}
_RETRIED = frozenset(
    {
        "ProvisionedThroughputExceededException",
        "ThrottlingException",
        "ThrottlingError",
        "ProvisionedThroughputExceeded",
        "RequestLimitExceeded",
        "TransactionConflictException",
        "TransactionConflict",
        "TransactionInProgressException",
        "InternalServerError",
        "ServiceUnavailable",
    }
)


# Not one of the caller's errors: the ledger looks again and decides.
class Refused(Exception):
    """A condition did not hold and nothing was written; ``items`` are those that stood in the way, as they are."""

    def __init__(self, items: list[dict[str, Any]]) -> None:
        super().__init__("a condition did not hold")
        self.items = items


def refusal(error: Exception) -> Refused | None:
    """Return what a failed condition tells, or None for any other error."""
    response = _response(error)
    code = _code(error)
    if code == "ConditionalCheckFailedException":
        return Refused([response["Item"]] if response.get("Item") else [])
    if code == "TransactionCanceledException":
        reasons = response.get("CancellationReasons", [])
        if any(reason.get("Code") == "ConditionalCheckFailed" for reason in reasons):
            return Refused([reason["Item"] for reason in reasons if reason.get("Item")])
    return None


def may_pass(error: Exception) -> bool:
    """Say whether the same request may succeed a moment later."""
    from botocore.exceptions import ClientError, ConnectionError, HTTPClientError

    if isinstance(error, ClientError):
        reasons = {reason.get("Code") for reason in error.response.get("CancellationReasons", [])}
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        return _code(error) in _RETRIED or bool(reasons & _RETRIED) or status >= 500
    return isinstance(error, ConnectionError | HTTPClientError)


def translated(error: Exception, table: str, where: str) -> DataOpsError:
    """Return the error to raise in place of the client's; ``where`` names the endpoint or region."""
    from botocore import exceptions

    named = f"The DynamoDB table {table!r} ({where})"
    if isinstance(error, exceptions.NoCredentialsError | exceptions.PartialCredentialsError):
        return StorageUnavailableError(f"{named} cannot be used: there are no AWS credentials.", hint=_CREDENTIALS)
    if isinstance(error, exceptions.ProfileNotFound):
        return SettingsError(f"{named} cannot be used: {error}.", hint="Correct AWS_PROFILE; `aws configure list`.")
    if isinstance(error, exceptions.NoRegionError):
        return SettingsError(
            f"{named} cannot be used: no AWS region is chosen.", hint="For example DATAOPS_AWS_REGION=eu-central-1"
        )
    if isinstance(error, exceptions.ConnectionError | exceptions.HTTPClientError):
        return StorageUnavailableError(
            f"{named} cannot be reached: {error}.",
            hint="Check the network, DATAOPS_AWS_REGION and DATAOPS_AWS_ENDPOINT_URL.",
        )
    if isinstance(error, exceptions.ClientError):
        return _from_service(error, named)
    return BackendError(f"{named} cannot be used: {error}.", hint="`dataops aws status` says what is wrong.")


def _from_service(error: Any, named: str) -> DataOpsError:
    code, said = _code(error), str(error.response.get("Error", {}).get("Message", "")).strip()
    if code == "ResourceNotFoundException":
        return StorageUnavailableError(f"{named} does not exist.", hint="Create it with: dataops aws init", code=code)
    if code == "ValidationException" and "size" in said.lower():
        return LimitExceededError(
            f"{named} refuses an item: {said}.", hint="Store large content as an artifact and refer to it."
        )
    if code in _BY_CODE:
        reason, hint = _BY_CODE[code]
        return StorageUnavailableError(f"{named} cannot be used: {reason} ({code}).", hint=hint)
    return BackendError(f"{named} refused a request: {code}: {said}.", hint="`dataops aws status` checks the table.")


def _code(error: Exception) -> str:
    return str(_response(error).get("Error", {}).get("Code", ""))


def _response(error: Exception) -> dict[str, Any]:
    # Errors of the network have one too, and it is None.
    return getattr(error, "response", None) or {}
