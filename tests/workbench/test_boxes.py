import pytest

from workbench.cluster.boxes import BoxError, Boxes
from workbench.cluster.exits import signal_of
from workbench.cluster.paths import Paths
from workbench.cluster.plan import Options, make_plan


@pytest.mark.parametrize("change", ["kill", "stop", "start"])
async def test_an_engine_that_runs_elsewhere_is_not_ours_to_end_and_its_password_stays_secret(
    tmp_path, change
):
    options = Options(home=str(tmp_path), redis="redis://:hunter2@127.0.0.1:6379/0")
    plan = make_plan(options, "run", "secret", "", lambda count: range(20_000, 20_000 + count))
    boxes = Boxes(plan, Paths(tmp_path), None, record=lambda *_: None, on_ready=lambda _: None)
    with pytest.raises(BoxError, match="redis is not ours to start or end: it runs at redis://") as refused:
        await getattr(boxes, change)("redis")
    assert "hunter2" not in str(refused.value)
    with pytest.raises(BoxError, match="no box 'chat-9': there are kafka, redis, "):
        await getattr(boxes, change)("chat-9")


@pytest.mark.parametrize(
    ("exit_code", "name"),
    [(None, None), (0, None), (1, None), (-9, "SIGKILL"), (-15, "SIGTERM"), (-40, "signal 40")],
)
def test_a_signal_is_named(exit_code, name):
    assert signal_of(exit_code) == name
