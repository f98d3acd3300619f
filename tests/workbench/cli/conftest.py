import pytest

from workbench.cli.context import Workbench
from workbench.cli.main import run

QUESTION = '''version = 1
topic = "routing"
title = "From server 1 to server 7"
kind = "text"
minutes = 5
lesson = "03-server-1-to-server-7"
part = "Step 3"
ask = "How does a message get across?"
hints = ["Who knows where Bob is?"]
model = """Server 1 looks Bob up in a map that all servers share, because it knows nothing but its own
sockets, and it finds that server 7 holds his. It hands the message to the log, and a worker takes it from there, writes
the row, and asks server 7 to push it down the socket. If Bob has moved meanwhile, the push finds nobody, and the worker
looks him up again."""
[[rubric]]
id = "map"
says = "a shared map tells which server holds a socket"
mechanism = ["look up|ask + server"]
[[rubric]]
id = "push"
says = "server 7 pushes down the socket"
mechanism = ["push|send + socket"]
[[follow_up]]
when = { missed = ["map"] }
ask = "How does server 1 find out?"
model = "It asks redis."
[[follow_up.rubric]]
id = "ask-redis"
says = "it asks redis"
mechanism = ["ask|query + redis"]
[[follow_up]]
when = { met = ["map"] }
ask = "What if redis is empty?"
model = "Then he is offline."
[[follow_up.rubric]]
id = "offline"
says = "he counts as offline"
mechanism = ["count|treat + offline"]
'''
ANSWERS = "".join(
    f'[[answer]]\nkind = "{kind}"\nband = [{low}, {high}]\ntext = "{text}"\n'
    for kind, low, high, text in (
        ("strong", 70, 100, "It looks up the server in a map. Server 7 pushes it down the socket."),
        ("weak", 15, 55, "Server 7 pushes it down the socket."),
        ("filler", 0, 10, "It depends."),
        ("keywords", 0, 15, "map, look up, server, push, socket"),
        ("wrong", -100, 5, "It is all on one box."),
    )
)


@pytest.fixture
def bank(tmp_path):
    folder = tmp_path / "bank"
    (folder / "answers").mkdir(parents=True)
    (folder / "across.toml").write_text(QUESTION)
    (folder / "answers" / "across.toml").write_text(ANSWERS)
    return folder


@pytest.fixture
def interview(bank, tmp_path, capsys):
    """Runs `interview ...` on the bank, and gives exit code, stdout and stderr."""

    def interview(command, *arguments):
        with_bank = ["--bank", str(bank)] if command == "questions" else []
        code = run(["interview", command, *arguments, *with_bank], Workbench(tmp_path / "home"))
        out, err = capsys.readouterr()
        return code, out, err

    return interview
