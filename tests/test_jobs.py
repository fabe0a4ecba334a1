"""Periodic jobs, with a clock that tests move."""

from verascope.jobs import Job, Jobs


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_job_runs_when_it_is_due_and_not_before() -> None:
    clock, ran = Clock(), list[float]()
    jobs = Jobs([Job("tick", 10, lambda: ran.append(clock.now))], clock)
    assert jobs.run_due() == 10
    clock.now = 110
    assert jobs.run_due() == 10
    assert ran == [110]


def test_after_a_long_stop_a_job_runs_once() -> None:
    clock, ran = Clock(), list[float]()
    jobs = Jobs([Job("tick", 10, lambda: ran.append(clock.now))], clock)
    clock.now = 5_000
    assert jobs.run_due() == 10
    assert jobs.run_due() == 10
    assert ran == [5_000]


def test_a_job_that_fails_stops_neither_itself_nor_the_others() -> None:
    clock, ran = Clock(), list[str]()

    def broken() -> None:
        ran.append("broken")
        raise RuntimeError("on purpose")

    jobs = Jobs([Job("broken", 10, broken), Job("tick", 10, lambda: ran.append("tick"))], clock)
    for moment in (110, 120):
        clock.now = moment
        jobs.run_due()
    assert ran == ["broken", "tick"] * 2
    assert jobs.failures == {"broken": 2}


def test_a_started_table_runs_its_jobs_until_it_is_stopped() -> None:
    ran = list[str]()
    jobs = Jobs([Job("tick", 0.01, lambda: ran.append("tick"))])
    jobs.start()
    while len(ran) < 3:
        pass
    jobs.stop()
    count = len(ran)
    assert jobs.run_due() >= 0
    assert len(ran) == count
