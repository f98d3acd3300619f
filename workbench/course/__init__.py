"""The course: lessons are documents; what they ask for runs, and is checked, on a live cluster."""
