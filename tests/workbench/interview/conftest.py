import pytest

QUESTION = '''version = 1
topic = "routing"
title = "From server 1 to server 7"
kind = "text"
minutes = 5
lesson = "03-server-1-to-server-7"
part = "Step 3"
ask = """Alice is on server 1 and
Bob on server 7. How does a message get across?"""
hints = ["Who knows where Bob is?", "A shared map."]
model = """Server 1 looks Bob up in a map that all servers share, because it knows nothing but its own
sockets, and it finds that server 7 holds his. It hands the message to the log, and a worker takes it from there, writes
the row, and asks server 7 to push it down the socket. If Bob has moved meanwhile, the push finds nobody, and the worker
looks him up again."""

[[rubric]]
id = "map"
says = "a shared map tells which server holds a socket"
points = 3
concept = ["map|registry"]
mechanism = ["look up|ask + server|socket"]
reason = ["not|no + share + memory"]
wrong = ["every server + know + everybody"]

[[rubric]]
id = "push"
says = "server 7 pushes down the socket"
mechanism = ["push|send + socket"]

[[wrong]]
id = "same-server"
patterns = ["both|two + users|people + same server"]
why = "One server cannot hold all sockets."
costs = 4

[[follow_up]]
when = { missed = ["map"] }
ask = "How does server 1 find out?"
model = "It asks."
[[follow_up.rubric]]
id = "ask-redis"
says = "it asks redis"
mechanism = ["ask|query + redis"]

[[follow_up]]
when = { wrong = ["same-server"] }
ask = "And when that server dies?"
model = "Everybody is gone."
[[follow_up.rubric]]
id = "gone"
says = "everybody is gone"
mechanism = ["everybody|all + gone|offline"]

[[follow_up]]
when = { met = ["map"] }
ask = "Show me where alice is."
model = "`where alice`"
[follow_up.show]
solution = ["where alice"]
[[follow_up.show.check]]
command = "where alice --json"
find = "connection_map.server != null"
equals = true
why = "The map knows her."
'''

NUMBER = """version = 1
topic = "estimates"
title = "Messages a second"
kind = "number"
minutes = 4
lesson = "01-requirements"
part = "Step 1"
ask = "How many messages a second?"
hints = []
model = "100 billion a day over 86,400 seconds."

[[rubric]]
id = "divide"
says = "messages a day, divided by the seconds of a day"
mechanism = ["divide|over + seconds"]

[number]
value = 1_160_000
unit = "message/second"
within = 2.0
working = "100 billion / 86,400"

[[follow_up]]
when = { always = true }
ask = "And at the peak?"
model = "Three times as many."
[[follow_up.rubric]]
id = "peak"
says = "a few times the average"
mechanism = ["times + average"]

[[follow_up]]
when = { missed = ["divide"] }
ask = "How did you come to that?"
model = "By dividing."
[[follow_up.rubric]]
id = "how"
says = "by dividing"
mechanism = ["divide + seconds"]
"""

DRAWING = """version = 1
topic = "map"
title = "Draw it"
kind = "architecture"
minutes = 6
lesson = "02-the-map"
part = "Step 2"
ask = "Draw the boxes."
hints = []
model = "phone -> load balancer -> chat server -> redis"

[architecture]
needs = ["phone -> load balancer -> chat server", "chat server -> redis"]
also_right = ["phone -> s3"]
[architecture.aliases]
"load balancer" = ["lb"]
"chat server" = ["chat", "gateway"]
[[architecture.wrong]]
link = "phone -> kafka"
why = "The broker would hold every connection."

[[follow_up]]
when = { always = true }
ask = "Why the balancer?"
model = "It spreads."
[[follow_up.rubric]]
id = "spread"
says = "it spreads"
mechanism = ["spread + servers"]

[[follow_up]]
when = { always = true }
ask = "Why redis?"
model = "It is shared."
[[follow_up.rubric]]
id = "shared"
says = "it is shared"
mechanism = ["share + servers"]
"""


@pytest.fixture
def bank(tmp_path):
    """A bank of three questions: one of each kind."""
    folder = tmp_path / "bank"
    folder.mkdir()
    for name, text in (("across", QUESTION), ("rate", NUMBER), ("draw", DRAWING)):
        (folder / f"{name}.toml").write_text(text)
    return folder
