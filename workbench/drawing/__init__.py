"""Draws: a plan, a transition table or a journal becomes a figure, and a figure becomes text, SVG, HTML or Mermaid."""
