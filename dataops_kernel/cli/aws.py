"""``dataops aws``: make the table of the DynamoDB ledger, and say whether it can be used."""

import argparse
from typing import Any

from dataops_kernel.cli.running import Terminal

DESCRIPTION = (
    "Keep the records of a workspace in a DynamoDB table. `init` makes the table (again is fine), `status` looks at it."
)
EXAMPLES = """\
examples:
  dataops aws init --dry-run            say what would be made, ask AWS nothing
  dataops aws init                      make the table and wait until it can be used
  dataops aws init --table my-ledger --region eu-central-1
  dataops aws status

  DATAOPS_LEDGER=dynamodb dataops ask "profile orders.csv"      use it from then on

Table, region and endpoint are also settings: DATAOPS_DYNAMODB_TABLE, DATAOPS_AWS_REGION, DATAOPS_AWS_ENDPOINT_URL.
Credentials are those of every AWS tool: AWS_PROFILE, AWS_ACCESS_KEY_ID, a role of the machine.
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``aws``."""
    parser.add_argument("action", choices=["init", "status"])
    parser.add_argument("--table", metavar="NAME", help="the table (default: $DATAOPS_DYNAMODB_TABLE)")
    parser.add_argument("--region", metavar="NAME", help="the AWS region (default: $DATAOPS_AWS_REGION)")
    parser.add_argument("--endpoint-url", metavar="URL", help="another address than AWS, for a local stand-in")
    parser.add_argument("--no-recovery", action="store_true", help="init: leave point-in-time recovery off")
    parser.add_argument("--dry-run", action="store_true", help="init: only say what would be done")


def run(arguments: argparse.Namespace, terminal: Terminal) -> int:
    """Make the table or look at it; exit code 1 when ``status`` finds none."""
    from dataops_kernel.settings import load_settings
    from dataops_kernel.storage.cloud import Connection

    settings = load_settings(
        {
            "dynamodb_table": arguments.table,
            "aws_region": arguments.region,
            "aws_endpoint_url": arguments.endpoint_url,
        }
    )
    connection = Connection(settings.dynamodb_table, region=settings.aws_region, endpoint_url=settings.aws_endpoint_url)
    try:
        if arguments.action == "status":
            return _status(connection, terminal)
        return _init(connection, terminal, recovery=not arguments.no_recovery, dry_run=arguments.dry_run)
    finally:
        connection.close()


def _init(connection: Any, terminal: Terminal, *, recovery: bool, dry_run: bool) -> int:
    from dataops_kernel.storage.cloud import create_table, describe_table

    if dry_run:
        plan = {
            "dry_run": True,
            "table": connection.table,
            "where": connection.where,
            "keys": ["pk", "sk"],
            "billing": "on demand",
            "point_in_time_recovery": recovery,
        }
        if terminal.json:
            terminal.show_json(plan)
        else:
            kept = "with" if recovery else "without"
            terminal.show(f"Would make the table {connection.table!r} in {connection.where} unless it is there:")
            terminal.show(
                f"  keys pk and sk, billed on demand, {kept} point-in-time recovery. Nothing was asked of AWS."
            )
        return 0
    terminal.progress(f"making the table {connection.table!r} in {connection.where}")
    made = create_table(connection, recovery=recovery)
    if terminal.json:
        terminal.show_json({"made": made, **(describe_table(connection) or {})})
    else:
        terminal.show(f"The table {connection.table!r} {'is made' if made else 'was there already'} and can be used.")
        terminal.show("  Use it: DATAOPS_LEDGER=dynamodb dataops sessions")
    return 0


def _status(connection: Any, terminal: Terminal) -> int:
    from dataops_kernel.storage.cloud import describe_table

    found = describe_table(connection)
    if terminal.json:
        terminal.show_json(found or {"table": connection.table, "status": "absent"})
    elif found is None:
        terminal.show(f"There is no table {connection.table!r} in {connection.where}. Create it: dataops aws init")
    else:
        recovery = "on" if found["point_in_time_recovery"] else "off"
        terminal.show(f"{found['table']}: {found['status']}, {found['arn']}")
        terminal.show(f"  about {found['items']:,} items, {found['bytes']:,} bytes (AWS counts every six hours)")
        terminal.show(f"  billing {found['billing']}, point-in-time recovery {recovery}")
    return 0 if found else 1
