"""A worker says how far the log was read, and never more than that."""

import pytest

from components.delivery.progress import REPORT_S, Progress
from components.wire.records import LogRead


class Log:
    """A partition or two, and where their reader is."""

    partitions = 2

    def __init__(self):
        self.end = {0: 3, 1: 0}
        self.at = {0: 0, 1: 0}
        self.told = []

    async def ends(self):
        return dict(self.end)

    async def positions(self):
        return dict(self.at)

    async def log_was_read(self, progress):
        self.told.append(progress)


@pytest.fixture
def log():
    return Log()


@pytest.fixture
def now():
    return [0.0]


@pytest.fixture
def progress(log, now):
    return Progress(log, log, speed=1, clock_s=lambda: now[0])


async def test_what_was_on_the_log_is_reported_once_it_is_read_with_its_age(log, now, progress):
    await progress.turned()
    log.end[0] = 5  # appended after the mark: not what the report is about
    now[0] = 2.0
    await progress.turned()
    assert log.told == []
    log.at[0] = 3
    await progress.turned()
    assert log.told == [LogRead({0: 2001, 1: 2001}, 2)]
    await progress.turned()
    assert len(log.told) == 1


async def test_a_new_mark_is_set_no_more_often_than_the_interval(log, now, progress):
    log.at = dict(log.end)
    await progress.turned()
    await progress.turned()
    assert len(log.told) == 1
    now[0] = REPORT_S
    await progress.turned()
    await progress.turned()
    assert len(log.told) == 2


async def test_a_worker_that_is_far_behind_reports_as_old_as_its_mark_is(log, now, progress):
    await progress.turned()
    now[0] = 10 * REPORT_S
    await progress.turned()
    log.at[0] = 3
    await progress.turned()
    assert log.told == [LogRead({0: 10_000 * int(REPORT_S) + 1, 1: 10_000 * int(REPORT_S) + 1}, 2)]


async def test_partitions_that_came_or_went_since_the_mark_make_it_void(log, now, progress):
    await progress.turned()
    log.at = {0: 3}
    await progress.turned()
    assert log.told == []
    log.end = {0: 3}
    now[0] = REPORT_S
    await progress.turned()
    assert log.told == []
    await progress.turned()
    assert log.told == [LogRead({0: 1}, 2)]
