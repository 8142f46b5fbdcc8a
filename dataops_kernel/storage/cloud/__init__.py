"""Storage in AWS: the ledger in one DynamoDB table."""

from dataops_kernel.storage.cloud.connection import Connection
from dataops_kernel.storage.cloud.ledger import DynamoLedger
from dataops_kernel.storage.cloud.table import create_table, describe_table

__all__ = ["Connection", "DynamoLedger", "create_table", "describe_table"]
