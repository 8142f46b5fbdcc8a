"""Made-up estates of any size, the same for the same size, to test and to measure with."""

from collections.abc import Iterator

_PER_BOX = 20


def synthetic_estate(jobs: int) -> str:
    """Return JIL of about 600 bytes per job as ``autorep -q`` prints it: boxes of 20, chains, joins, watchers."""
    return "\n".join(_lines(jobs))


def _lines(jobs: int) -> Iterator[str]:
    for number in range(jobs):
        box, place = divmod(number, _PER_BOX)
        area = f"AREA{box % 37:02d}"
        if place == 0:
            yield from _job(f"{area}_BOX_{box:06d}", "BOX", _box(box, area))
        elif place == 1 and box % 3 == 0:
            yield from _job(f"{area}_WATCH_{number:07d}", "FW", _watcher(box, area, number))
        else:
            yield from _job(_name(number), "CMD", _command(box, area, number))


def _name(number: int) -> str:
    return f"AREA{number // _PER_BOX % 37:02d}_LOAD_{number:07d}"


def _job(name: str, kind: str, attributes: list[str]) -> Iterator[str]:
    yield f"/* ----------------- {name} ----------------- */ "
    yield ""
    yield f"insert_job: {name}   job_type: {kind} "
    yield from attributes
    yield ""
    yield ""


def _box(box: int, area: str) -> list[str]:
    previous = (box - 1) * _PER_BOX + _PER_BOX - 1
    condition = [f"condition: s({_name(previous)}, 12.00)"] if box % 5 else []
    return [
        f"owner: {area.lower()}@prod-{box % 50:02d}",
        "permission: gx,wx",
        "date_conditions: 1",
        "days_of_week: all" if box % 2 else "run_calendar: BUSINESS_DAYS",
        f'start_times: "{box % 24:02d}:{box % 60:02d}"',
        *condition,
        f'description: "Box {box} of area {area}: loads what came in, then reports"',
        "alarm_if_fail: 1",
        "alarm_if_terminated: 1",
    ]


def _watcher(box: int, area: str, number: int) -> list[str]:
    return [
        f"box_name: {area}_BOX_{box:06d}",
        f'watch_file: "/data/in/{area.lower()}/feed_{number}.csv"',
        "watch_interval: 60",
        f"machine: prod-{number % 50:02d}",
        f"owner: {area.lower()}@prod-{box % 50:02d}",
        "permission: gx,wx",
        "date_conditions: 0",
        f'description: "Waits for feed {number} of area {area} before anything is loaded"',
        "alarm_if_fail: 1",
        "alarm_if_terminated: 1",
    ]


def _command(box: int, area: str, number: int) -> list[str]:
    home = f"/opt/{area.lower()}"
    return [
        f"box_name: {area}_BOX_{box:06d}",
        f"command: {home}/bin/run_step.sh --job {number} --config {home}/etc/load.conf --date $$RUN_DATE",
        f"machine: prod-{number % 50:02d}",
        f"owner: {area.lower()}@prod-{box % 50:02d}",
        "permission: gx,wx",
        "date_conditions: 0",
        f"condition: {_condition(number)}",
        f'description: "Step {number} of area {area}; see the runbook of that area for what to do when it fails"',
        f'std_out_file: ">/var/log/autosys/{_name(number).lower()}.out"',
        f'std_err_file: ">>/var/log/autosys/{_name(number).lower()}.err"',
        "max_run_alarm: 60",
        "term_run_time: 120",
        "n_retrys: 1",
        "alarm_if_fail: 1",
        "alarm_if_terminated: 1",
        "send_notification: 0",
    ]


def _condition(number: int) -> str:
    before = _name(number - 1) if number % _PER_BOX > 2 else _name(max(number - _PER_BOX, 2))
    earlier = _name(max(number - 7, 2)) if (number - 7) % _PER_BOX > 1 else _name(max(number - 9, 2))
    shapes = (
        f"s({before})",
        f"s({before}) & s({earlier})",
        f"s({before}) & n({earlier})",
        f"s({before}) & (f({earlier}) | d({earlier}))",
        f'success({before}, 12.00) AND v(RUN_{number % 9}) = "Y"',
    )
    return shapes[(0, 1, 0, 1, 0, 2, 0, 1, 3, 4)[number % 10]]
