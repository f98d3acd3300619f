"""A small lesson with one step of nearly every kind."""

MATTER = '+++\ntitle = "Try"\npart = "Step 1"\nminutes = 5\nneeds = []\n+++\n'

LESSON = (
    MATTER
    + """
Why this matters.

```predict
ask = "How many messages?"
journal = "[?kind=='message_shown'] | length(@)"
because = "Count them."
```

```run
send alice bob "Hey"
```

```predict
ask = "Which?"
choice = ["one", "two"]
answer = 2
because = "Two is right."
```

```hint
Not one.
```

## Now you

```do
task = "Write to alice."
[[check]]
journal = "[?facts.user=='alice'] | length(@)"
at_least = 1
why = "Nothing on alice's phone."
```

```hint
Use send.
```

```hint
From bob.
```

```solution
send bob alice "Hey"
```

```say
say = "Say it."
trade_off = "Give this up."
follow_up = "And then?"
```

## The end

Read this.
"""
)
